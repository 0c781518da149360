/**
 * What refreshes bring over a model that stays as it is, and what they cost beside refits: Online Retail, each basket of the
 * second half asked of models fitted to what came before. Blend with the default weights, full catalogue, seen items
 * masked, ties pessimistic. `--max-items` is the size of EASE's block.
 */
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPipeline } from '../crds/load.ts';
import { invertInThreads } from '../services/shared/adapters/sweep-threads.ts';
import { profileIdOf, type CleanEvent } from '../services/shared/event.ts';
import { Prequential } from '../services/shared/learning/incremental/prequential.ts';
import { Sums, type BeforeStep } from '../services/shared/learning/incremental/sums.ts';
import { encodeMatrix } from '../services/shared/learning/matrix-file.ts';
import { modelInputs, type ModelInputs } from '../services/shared/learning/model-inputs.ts';
import type { BenchContext } from './main.ts';
import { Trial } from './incremental/trial.ts';
import { shopEvents } from './shop.ts';

const week = 7 * 86_400_000;
const mergeOn = ['identify', 'alias'] as const;

interface Line {
  readonly time: number;
  readonly text: string;
}

export async function run({ flags, note }: BenchContext): Promise<object> {
  const { source, events } = shopEvents(note);
  const lines = await linesOf(events);
  const inputs = inputsOf(Number(flags['max-items'] ?? 2000));
  const options = { inputs, inverter: invertInThreads(availableParallelism()), now: () => performance.now() };
  const [still, monthly, weekly, refit] = Array.from({ length: 4 }, () => new Trial(options)) as [
    Trial,
    Trial,
    Trial,
    Trial,
  ];
  const first = lines[0]!.time;
  const middle = first + Math.floor((lines.at(-1)!.time - first) / 2 / week) * week;
  const sums = new Sums(inputs, mergeOn);
  let read = take(sums, lines, { from: 0, until: middle }).at;
  await still.fit(sums);
  still.eventsRead = read;
  let identical = true;
  for (let at = 0; read < lines.length; at++) {
    const start = middle + at * week;
    await weekly.fit(sums);
    if (at % 4 === 0) {
      await monthly.fit(sums);
      const anew = new Sums(inputs, mergeOn);
      add(refit, take(anew, lines, { from: 0, until: start }));
      await refit.fit(anew);
      identical &&= isSame(refit, monthly);
    }
    const asked = new Prequential(sums, 1e6);
    const from = read;
    const taken = take(sums, lines, { from, until: start + week }, asked.before);
    read = taken.at;
    for (const trial of [weekly, monthly]) add(trial, { ...taken, at: read - from });
    for (const trial of [still, monthly, weekly]) trial.ask(asked);
    note(`week ${at}: ${JSON.stringify([still, monthly, weekly].map((trial) => trial.quality().ndcg10))} so far`);
  }
  return {
    source,
    protocol: 'prequential, second half, next basket',
    easeItems: still.fitted.ease.items,
    ndcg10: { static: still.quality().ndcg10, fourWeekly: monthly.quality().ndcg10, weekly: weekly.quality().ndcg10 },
    recall10: {
      static: still.quality().recall10,
      fourWeekly: monthly.quality().recall10,
      weekly: weekly.quality().recall10,
    },
    questions: still.quality().questions,
    cost: {
      static: still.cost(),
      fourWeekly: monthly.cost(),
      weekly: weekly.cost(),
      fullRefitFourWeekly: refit.cost(),
    },
    refitIsIdentical: identical,
    inexact: sums.inexact,
  };
}

function inputsOf(maxItems: number): ModelInputs {
  const file = fileURLToPath(new URL('../examples/shop.yaml', import.meta.url));
  const loaded = loadPipeline(readFileSync(file, 'utf8'));
  if (!loaded.ok) throw new Error(`${file} is no spec`);
  const spec = loaded.effective;
  return { ...modelInputs(spec, spec.models[0]!.name), maxItems };
}

/** As they would lie in the log, in the order of time. */
async function linesOf(events: ReturnType<typeof shopEvents>['events']): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const event of events) {
    const profile = profileIdOf(event);
    if (profile === undefined) continue;
    const text = JSON.stringify({ ...event, profile, ingestedAt: event.time, receivedAt: event.time });
    lines.push({ time: Date.parse(event.time), text });
  }
  return lines.sort((a, b) => a.time - b.time);
}

/** From place `from` those that are older than `until`. */
interface Stretch {
  readonly from: number;
  readonly until: number;
}

function take(sums: Sums, lines: readonly Line[], { from, until }: Stretch, before?: BeforeStep) {
  const started = performance.now();
  let at = from;
  for (; at < lines.length && lines[at]!.time < until; at++) {
    // The file has an order within a basket, which ids have not.
    sums.take(JSON.parse(lines[at]!.text) as CleanEvent, before, [0, at]);
  }
  return { at, seconds: (performance.now() - started) / 1000 };
}

function add(trial: Trial, { at, seconds }: ReturnType<typeof take>): void {
  trial.eventsRead += at;
  trial.readSeconds += seconds;
}

function isSame(a: Trial, b: Trial): boolean {
  const bytesOf = ({ fitted }: Trial) =>
    [fitted.sr, fitted.ease.matrix].map((matrix) => Buffer.from(encodeMatrix(matrix, fitted.items.size)));
  const others = bytesOf(b);
  return bytesOf(a).every((bytes, at) => bytes.equals(others[at]!));
}
