/** `likeness backtest`: how well the models of a spec would have recommended, on a file of events. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { formatErrors } from '../crds/format-errors.ts';
import { loadPipeline } from '../crds/load.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import { invertInThreads } from '../services/shared/adapters/sweep-threads.ts';
import { nativeHome, openTensorBackend } from '../services/shared/adapters/tensor/open.ts';
import { exitCodes, LikenessError } from '../services/shared/errors.ts';
import { profileIdOf, type SentEvent } from '../services/shared/event.ts';
import { backtest, type BacktestResult } from '../services/shared/learning/backtest.ts';
import { collectEvent, type Collector } from '../services/shared/learning/collect.ts';
import { EventTable, type TrainingSet } from '../services/shared/learning/event-table.ts';
import { modelInputs, type ModelInputs } from '../services/shared/learning/model-inputs.ts';
import { profileCount } from '../services/shared/learning/sequences.ts';
import { defaultSettings } from '../services/shared/learning/ranker/settings.ts';
import { rankerReport } from '../services/shared/learning/ranker/report.ts';
import type { TensorBackend } from '../services/shared/learning/tensor/tensor-backend.ts';
import { protocols, type Protocol } from '../services/shared/learning/split.ts';
import { linesOf } from './lines-of.ts';
import type { Terminal } from './terminal.ts';

export interface BacktestCommand {
  /** JSON Lines of canonical events; `.gz` is unpacked. */
  readonly events: string;
  readonly spec: string;
  /** Default: the spec's first model. */
  readonly model?: string;
  readonly protocol: Protocol;
  readonly k: number;
  /** Judges a ranker too, with the defaults where the spec has none. */
  readonly ranker?: boolean;
  /** The process's own, for the tensor library. */
  readonly environment?: Record<string, string | undefined>;
  readonly json?: boolean;
}

type BacktestReport = ReturnType<typeof reportOf>;

/** Prints the report; the last line of output is one JSON object with `--json`, else a table. Returns the exit code. */
export async function runBacktest(options: BacktestCommand, terminal: Terminal): Promise<number> {
  const report = await backtestFile(options, (phase) => terminal.note(phase));
  if (options.json) terminal.print(JSON.stringify(report));
  else for (const line of tableOf(report, options.k)) terminal.print(line);
  return exitCodes.ok;
}

export async function backtestFile(options: BacktestCommand, onProgress: (phase: string) => void) {
  if (!protocols.includes(options.protocol))
    throw new LikenessError('Usage', `--protocol is ${options.protocol}; it must be one of ${protocols.join(', ')}`);
  if (!Number.isSafeInteger(options.k) || options.k < 1)
    throw new LikenessError('Usage', `--k is ${options.k}; it must be a whole number of at least 1`);
  const spec = readSpec(options.spec);
  const inputs = inputsOf(options, spec);
  onProgress(`reading ${options.events}`);
  const set = await readEvents(options.events, inputs, spec);
  const profiles = profileCount(set.sequences);
  onProgress(`${set.sequences.items.length} events of ${profiles} users, ${set.items.size} items`);
  const result = await backtest(set, {
    inputs,
    protocol: options.protocol,
    k: options.k,
    fraction: Number(spec.training.holdout.fraction),
    inverter: invertInThreads(availableParallelism()),
    now: () => performance.now(),
    ranker: {
      tensors: () => openTensors(options),
      interruptible: (work) => work(() => Promise.resolve(false)),
      onProgress,
    },
    onProgress,
  });
  return reportOf(options, set, result);
}

function inputsOf({ model, ranker }: BacktestCommand, spec: PipelineSpec): ModelInputs {
  const inputs = modelInputs(spec, model ?? spec.models[0]?.name ?? '');
  return ranker && inputs.ranker === undefined ? { ...inputs, ranker: defaultSettings } : inputs;
}

function openTensors({ environment = {} }: BacktestCommand): Promise<TensorBackend> {
  return openTensorBackend({ want: 'auto', home: nativeHome(environment), environment });
}

function readSpec(file: string): PipelineSpec {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LikenessError('BadSpec', `There is no spec ${file}`, { cause });
  }
  const loaded = loadPipeline(text);
  if (loaded.ok) return loaded.effective;
  throw new LikenessError('BadSpec', formatErrors(file, loaded.errors).join('\n'));
}

async function readEvents(file: string, inputs: ModelInputs, spec: PipelineSpec): Promise<TrainingSet> {
  const collector: Collector = { table: new EventTable(), inputs, mergeOn: spec.identity.mergeOn };
  let line = 0;
  for await (const text of linesOf(file)) {
    line++;
    if (text !== '') collectEvent(collector, parseLine(text, `${file}:${line}`), [0, line]);
  }
  if (collector.table.events === 0) {
    const wanted = [...new Set([...(inputs.history ?? ['any type']), ...inputs.targets])].join(', ');
    throw new LikenessError(
      'BadData',
      `${file} has no event with an item that model ${inputs.name} learns from (${wanted})`,
    );
  }
  return collector.table.build();
}

function parseLine(text: string, where: string) {
  let event: SentEvent;
  try {
    event = JSON.parse(text) as SentEvent;
  } catch (cause) {
    throw new LikenessError('BadData', `${where}: is not JSON`, { cause });
  }
  const profile = profileIdOf(event);
  if (typeof event.type !== 'string' || typeof profile !== 'string')
    throw new LikenessError('BadData', `${where}: an event needs a type, and a userId or anonymousId`);
  if (Number.isNaN(Date.parse(event.time)))
    throw new LikenessError('BadData', `${where}: time ${event.time} is no RFC 3339 time`);
  // A file's events have their line for an id where they bring none.
  return { ...event, id: event.id || where, profile, ingestedAt: event.time, receivedAt: event.time };
}

function reportOf({ protocol, k }: BacktestCommand, set: TrainingSet, result: BacktestResult) {
  const round = (value: number): number => Math.round(value * 1e5) / 1e5;
  return {
    protocol,
    users: profileCount(set.sequences),
    items: set.items.size,
    events: set.sequences.items.length,
    queries: result.models[0]!.queries,
    ranking: 'full catalogue, seen items masked, ties pessimistic',
    easeItems: result.easeItems,
    easeMassKept: round(result.easeMassKept),
    weights: { ease: 1, sr: result.weights.srWeight, decay: result.weights.decay },
    ...(result.ranker && { ranker: rankerReport(result.ranker) }),
    models: result.models.map((model) => ({
      name: model.kind,
      [`recall@${k}`]: round(model.recall),
      [`ndcg@${k}`]: round(model.ndcg),
      [`mrr@${k}`]: round(model.mrr),
      coverage: round(model.coverage),
      fitSeconds: Math.round(model.fitSeconds * 1000) / 1000,
    })),
  };
}

function tableOf(report: BacktestReport, k: number): string[] {
  const columns = [`recall@${k}`, `ndcg@${k}`, `mrr@${k}`, 'coverage', 'fitSeconds'];
  const row = (name: string, cells: readonly unknown[]): string =>
    name.padEnd(12) + cells.map((cell) => String(cell).padStart(11)).join('');
  const { users, items, events, queries, protocol, ranking, easeItems, weights, ranker } = report;
  return [
    `${protocol}: ${events} events, ${users} users, ${items} items, ${queries} questions; ${ranking}`,
    `EASE over ${easeItems} items; blend: EASE + ${weights.sr} × SR, decay ${weights.decay}`,
    ...(ranker ? [describeRanker(ranker)] : []),
    row('model', columns),
    ...report.models.map((model) =>
      row(
        model.name,
        columns.map((column) => (model as Record<string, unknown>)[column]),
      ),
    ),
  ];
}

function describeRanker({ rankerBackend, rankerEpochs, rankerWeight, rankerChosen }: ReturnType<typeof rankerReport>) {
  const trained = `ranker: ${rankerEpochs} epochs on ${rankerBackend}`;
  return `${trained}; ranker-blend: blend + ${rankerWeight} × ranker; the validation fold chooses ${rankerChosen}`;
}
