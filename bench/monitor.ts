/**
 * What watching the model in service costs the feature service, in microseconds an event on one core: parse, apply and
 * encode of the shop's features, without the watch and with it, in turn. The store and the broker are left out, so the
 * share is greater here than in a service, which waits and copies besides.
 */
import { modelsSchema } from '../crds/learning.ts';
import { applyChunk, type LiveProfile } from '../services/feature/apply.ts';
import { cutChunks } from '../services/feature/chunks.ts';
import { createPartitionWatch, type PartitionWatch } from '../services/feature/monitor/partition-watch.ts';
import { watchModel, type WatchedModel } from '../services/feature/monitor/watched-model.ts';
import { pino } from 'pino';
import type { BrokerRecord } from '../services/shared/broker.ts';
import { Blend } from '../services/shared/learning/blend.ts';
import { sketchColumns } from '../services/shared/learning/drift/baseline.ts';
import { ItemIndex } from '../services/shared/learning/item-index.ts';
import { compressRows, type ItemMatrix } from '../services/shared/learning/item-matrix.ts';
import { modelInputs } from '../services/shared/learning/model-inputs.ts';
import { Popularity } from '../services/shared/learning/popularity.ts';
import { emptyProfile } from '../services/shared/profile/profile.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { RecentIds } from '../services/shared/profile/recent-ids.ts';
import { packLines } from '../services/shared/record.ts';
import type { BenchContext } from './main.ts';
import { compileSpec } from './profiles.ts';
import { seededRandom } from './random.ts';
import { benchPipeline } from './stack.ts';
import { median, round } from './statistics.ts';

/** As the full shop's model: items, and entries of a row. */
const catalogue = 3800;
const entries = 512;
const profiles = 2000;
const linesPerRecord = 25;
/** What the feature service takes an event in all, as `bench -- throughput` has measured it. */
const serviceMicros = 31.4;

/** As the preset's. */
const watched = { name: 'next-item', recommend: { history: 'history', target: ['purchase'] } };

const random = seededRandom(7);
const itemOf = (n: number): string => `item-${n}`;
/** Most go to few: the square favours the head of the catalogue. */
const drawItem = (): number => Math.floor(catalogue * random() ** 2);

export async function run({ flags, note }: BenchContext): Promise<object> {
  const runs = Number(flags['runs'] ?? 8);
  const events = Number(flags['events'] ?? 40_000);
  const share = Number(flags['share'] ?? 0.02);
  const { spec } = benchPipeline({ kafka: '', redis: '', name: 'monitor', port: 0 });
  const features = compileSpec(spec);
  const model = makeModel(spec, features);
  const results: { bare: number; watched: number; none: number; all: number }[] = [];
  for (let turn = 0; turn < runs; turn++) {
    const records = makeRecords(turn, events);
    const measure = (given: readonly WatchedModel[] | undefined, of: number): number =>
      microsOf(features, records, given && watchOf(given, of));
    const ways = {
      bare: () => measure(undefined, 0),
      watched: () => measure([model], share),
      none: () => measure([], share),
      all: () => measure([model], 1),
    };
    results.push(inTurn(ways, turn));
    note(`run ${turn + 1}: ${JSON.stringify(results[turn])}`);
  }
  const bare = median(results.map((result) => result.bare));
  const added = median(results.map((result) => result.watched - result.bare));
  const sampled = median(results.map((result) => result.all - result.bare));
  return {
    share,
    bareMicros: round(bare, 2),
    addedMicros: round(added, 2),
    withoutModelMicros: round(median(results.map((result) => result.none - result.bare)), 2),
    microsPerSampledEvent: round(sampled, 1),
    // What a fiftieth of the events costs is less than the noise of two runs: all of them are watched, and it is divided.
    overheadAlone: round((share * sampled) / bare, 3),
    overhead: round((share * sampled) / serviceMicros, 3),
    items: catalogue,
    events,
  };
}

/** Each run begins with another one: the first finds a heap full of what came before. */
function inTurn<Way extends string>(ways: Readonly<Record<Way, () => number>>, turn: number): Record<Way, number> {
  const names = Object.keys(ways) as Way[];
  const order = names.map((_, at) => names[(at + turn) % names.length]!);
  return Object.fromEntries(order.map((name) => [name, ways[name]()])) as Record<Way, number>;
}

const watchOf = (models: readonly WatchedModel[], share: number): PartitionWatch =>
  createPartitionWatch({ partition: 0, share, models: () => models, logger: pino({ enabled: false }) });

function microsOf(
  features: CompiledFeatures,
  records: readonly BrokerRecord[],
  watch: PartitionWatch | undefined,
): number {
  const live = new Map<string, LiveProfile>();
  for (let user = 0; user < profiles; user++)
    live.set(`u${user}`, { state: emptyProfile(features), ids: new RecentIds(86_400_000), bytes: 0 });
  const half = records.length >> 1;
  // The first half fills histories and warms up.
  apply(features, records.slice(0, half), { live, watch });
  const started = cpuOfThis();
  const lines = apply(features, records.slice(half), { live, watch });
  return (cpuOfThis() - started) / lines;
}

/** Microseconds of processor time: on a machine that is busy otherwise the clock on the wall says little. */
function cpuOfThis(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

interface Applying {
  readonly live: ReadonlyMap<string, LiveProfile>;
  readonly watch: PartitionWatch | undefined;
}

function apply(features: CompiledFeatures, records: readonly BrokerRecord[], { live, watch }: Applying): number {
  let lines = 0;
  for (const chunk of cutChunks(records)) {
    const applied = applyChunk(features, chunk, live, { poison: new Map(), observe: watch?.observe });
    if ('spoiled' in applied) throw new Error('an event of the benchmark cannot be applied');
    watch?.fold(chunk, applied.samples);
    lines += chunk.lines.length;
  }
  return lines;
}

function makeRecords(run: number, events: number): BrokerRecord[] {
  const lines = Array.from({ length: events }, (_, n) => lineOf(run, n));
  const records: BrokerRecord[] = [];
  for (let at = 0; at < lines.length; at += linesPerRecord)
    for (const value of packLines(lines.slice(at, at + linesPerRecord)))
      records.push({ offset: records.length, key: null, value, timestamp: 1 });
  return records;
}

const types = ['view', 'view', 'view', 'view', 'view', 'view', 'add_to_cart', 'add_to_cart', 'purchase', 'purchase'];

function lineOf(run: number, n: number): string {
  const time = new Date(Date.UTC(2026, 0, 1) + n * 500).toISOString();
  const profile = `u${Math.floor(profiles * random())}`;
  const stamps = { time, ingestedAt: time, receivedAt: time };
  const item = { category: `category-${Math.floor(20 * random())}`, price: 10 };
  const what = { type: types[n % types.length], itemId: itemOf(drawItem()), value: Math.round(100 * random()), item };
  return JSON.stringify({ id: `e-${run}-${n}`, ...what, ...stamps, userId: profile, profile });
}

function makeModel(bench: ReturnType<typeof benchPipeline>['spec'], compiled: CompiledFeatures): WatchedModel {
  const spec = { ...bench, models: modelsSchema.parse([watched]) };
  const items = new ItemIndex(Array.from({ length: catalogue }, (_, n) => itemOf(n)));
  const part = (name: 'sr' | 'ease', weight: number) => ({ name, weight, decay: 0.8, matrix: makeMatrix() });
  const recommender = new Blend(items, [part('ease', 1), part('sr', 0.1)]);
  const popularity = new Popularity(
    items,
    Float64Array.from(items.ids, (_, n) => catalogue - n),
  );
  const numbers = (most: number) => Array.from({ length: 5000 }, () => most * random());
  const baseline = {
    inputs: sketchColumns([
      { name: 'event.type', kind: 'categorical', values: Array.from({ length: 5000 }, (_, n) => types[n % 10]) },
      { name: 'event.value', kind: 'numeric', values: numbers(100) },
      { name: 'item.category', kind: 'categorical', values: numbers(20).map((n) => `category-${Math.floor(n)}`) },
      { name: 'item.rank', kind: 'numeric', values: numbers(catalogue) },
      { name: 'prediction.rank', kind: 'numeric', values: numbers(catalogue) },
      { name: 'prediction.confidence', kind: 'numeric', values: numbers(1) },
    ]),
  };
  const [first] = spec.models;
  const name = first!.name;
  const manifest = { model: name, version: 'v' };
  const itemAttributes = items.ids.map(() => ({ category: 'category-1' }));
  const loaded = { recommender, popularity, itemAttributes, manifest, digest: 'd', baseline };
  const inputs = modelInputs(spec, name);
  return watchModel({ loaded: loaded as never, generation: 1, inputs, history: first!.recommend!.history, compiled });
}

function makeMatrix(): ItemMatrix {
  const count = catalogue * entries;
  return compressRows(catalogue, {
    rows: Uint32Array.from({ length: count }, (_, n) => Math.floor(n / entries)),
    columns: Uint32Array.from({ length: count }, (_, n) => (n * 7) % catalogue),
    values: Float64Array.from({ length: count }, () => random()),
  });
}
