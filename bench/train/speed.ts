/** Examples that a training takes in a second: native in graph mode and eagerly, WebAssembly, and PyTorch if wanted. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchContext } from '../main.ts';
import { type ModelName, modelNames, timedModel } from './exercises.ts';
import { ensurePytorch, timePytorch } from './pytorch.ts';
import type { Timed } from './time-steps.ts';

const run = promisify(execFile);
const hows = ['native', 'eager', 'wasm'] as const;

export interface Speed {
  readonly model: string;
  readonly examplesPerSecondNative: number;
  readonly examplesPerSecondEager: number;
  readonly examplesPerSecondWasm: number;
  /** Without PyTorch: undefined. */
  readonly examplesPerSecondPytorch?: number;
  /** Native to PyTorch, the median of the rounds, each of which took the one right after the other. */
  readonly ratio?: number;
  /** The greatest relative difference of a loss from native's, over the first steps. */
  readonly lossDifference: number;
}

export async function measureSpeed({ flags, note }: BenchContext): Promise<Record<ModelName, Speed>> {
  const seconds = Number(flags['seconds'] ?? 5);
  const rounds = Number(flags['rounds'] ?? 3);
  const python = flags['with-pytorch'] ? await ensurePytorch(note) : undefined;
  const found: Partial<Record<ModelName, Speed>> = {};
  for (const name of modelNames) {
    found[name] = await measureModel(name, { seconds, rounds, python });
    note(`${name}: ${JSON.stringify(found[name])}`);
  }
  return found as Record<ModelName, Speed>;
}

interface Effort {
  /** Of each figure. */
  readonly seconds: number;
  readonly rounds: number;
  readonly python: string | undefined;
}

async function measureModel(name: ModelName, { seconds, rounds, python }: Effort): Promise<Speed> {
  const model = timedModel(name);
  const taken: Record<string, Timed[]> = { native: [], eager: [], wasm: [], pytorch: [] };
  for (let round = 0; round < rounds; round++) {
    if (python) taken['pytorch']!.push(await timePytorch(python, name, { model, seconds }));
    for (const how of hows) taken[how]!.push(await timeHere(how, name, seconds));
  }
  const rates = (how: string): number[] => taken[how]!.map(({ examplesPerSecond }) => examplesPerSecond);
  const ratios = python && rates('native').map((rate, round) => rate / rates('pytorch')[round]!);
  return {
    model: `${name}: ${model.words}`,
    examplesPerSecondNative: median(rates('native')),
    examplesPerSecondEager: median(rates('eager')),
    examplesPerSecondWasm: median(rates('wasm')),
    ...(ratios && { examplesPerSecondPytorch: median(rates('pytorch')), ratio: Number(median(ratios).toFixed(3)) }),
    lossDifference: differenceOf(Object.values(taken).flat()),
  };
}

async function timeHere(how: string, name: ModelName, seconds: number): Promise<Timed> {
  const args = [join(import.meta.dirname, 'measure.ts'), how, name, String(seconds)];
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args]);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Timed;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

function differenceOf(all: readonly Timed[]): number {
  const [first, ...others] = all.map(({ losses }) => losses);
  const differences = others.flatMap((losses) => losses.map((loss, at) => Math.abs(loss / first![at]! - 1)));
  return Number(Math.max(...differences).toPrecision(2));
}
