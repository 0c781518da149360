/** Questions that choose the blend's weights: a sample that is the same however the profiles are spread over workers. */
import { pack, unpack } from './packed.ts';
import type { Sequences } from './sequences.ts';
import type { Queries } from './split.ts';
import { isFirst, type Team } from './team.ts';

/** Numbers of a question's key: its hash, the two halves of its profile's, and how many steps come before it. */
const keyWords = 4;

/** Each question as a profile of its own: the steps before it, and those that it asks for. Ordered by key. */
interface Sample {
  readonly keys: Uint32Array;
  readonly sequences: Sequences;
}

export interface Questions {
  /** Of all workers, whatever is in the sample. */
  readonly total: number;
  readonly sequences: Sequences;
  readonly queries: Queries;
}

interface Asked {
  readonly sequences: Sequences;
  readonly queries: Queries;
  /** Hash of each profile's id, two halves a profile. */
  readonly owners: Uint32Array;
}

/** At most `limit`, those with the least hashes, of all workers; undefined where another worker is the first. */
export async function sampleQuestions(
  asked: Asked,
  limit: number,
  team: Team,
  step = 'questions',
): Promise<Questions | undefined> {
  let total = asked.queries.at.length;
  const samples = [leastOf(asked, limit)];
  await team.sendToFirst(
    step,
    () => encode(samples[0]!, total),
    (bytes) => {
      const other = decode(bytes);
      total += other.total;
      samples.push(other.sample);
    },
  );
  return isFirst(team) ? { total, ...asQuestions(merge(samples, limit)) } : undefined;
}

function leastOf({ sequences, queries, owners }: Asked, limit: number): Sample {
  const keys = keysOf(sequences, queries, owners);
  const order = leastKeys(keys, limit);
  const ranges = Array.from(order, (query) => ({ sequences, from: queries.start[query]!, to: queries.end[query]! }));
  return { keys: pickKeys(keys, order), sequences: joined(ranges) };
}

function keysOf({ starts }: Sequences, { start, at }: Queries, owners: Uint32Array): Uint32Array {
  const keys = new Uint32Array(at.length * keyWords);
  let profile = 0;
  for (let query = 0; query < at.length; query++) {
    while (starts[profile + 1]! <= start[query]!) profile++;
    const [high, low, before] = [owners[2 * profile]!, owners[2 * profile + 1]!, at[query]! - start[query]!];
    keys.set([mixed(high, low, before), high, low, before], query * keyWords);
  }
  return keys;
}

/** The finaliser of murmur3 over the three. */
function mixed(high: number, low: number, before: number): number {
  let hash = high ^ Math.imul(low, 0x85ebca6b) ^ Math.imul(before + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Indices of the `limit` least keys, ascending by key. */
function leastKeys(keys: Uint32Array, limit: number): Uint32Array {
  const count = keys.length / keyWords;
  const hashes = Uint32Array.from({ length: count }, (_, question) => keys[question * keyWords]!);
  const threshold = count > limit ? hashes.slice().sort()[limit - 1]! : Infinity;
  const near = Uint32Array.from(hashes.keys()).filter((question) => hashes[question]! <= threshold);
  return near.sort((a, b) => compareKeys(keys, a, b)).subarray(0, limit);
}

function compareKeys(keys: Uint32Array, a: number, b: number): number {
  for (let word = 0; word < keyWords; word++) {
    const difference = keys[a * keyWords + word]! - keys[b * keyWords + word]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function pickKeys(keys: Uint32Array, order: Uint32Array): Uint32Array {
  const picked = new Uint32Array(order.length * keyWords);
  order.forEach((question, at) =>
    picked.set(keys.subarray(question * keyWords, (question + 1) * keyWords), at * keyWords),
  );
  return picked;
}

interface Range {
  readonly sequences: Sequences;
  readonly from: number;
  readonly to: number;
}

function joined(ranges: readonly Range[]): Sequences {
  const starts = new Uint32Array(ranges.length + 1);
  ranges.forEach(({ from, to }, at) => (starts[at + 1] = starts[at]! + to - from));
  const count = starts[ranges.length]!;
  const all = { starts, items: new Uint32Array(count), times: new Float64Array(count), targets: new Uint8Array(count) };
  ranges.forEach(({ sequences, from, to }, at) => {
    all.items.set(sequences.items.subarray(from, to), starts[at]!);
    all.times.set(sequences.times.subarray(from, to), starts[at]!);
    all.targets.set(sequences.targets.subarray(from, to), starts[at]!);
  });
  return all;
}

function merge(samples: readonly Sample[], limit: number): Sample {
  if (samples.length === 1) return samples[0]!;
  const keys = new Uint32Array(samples.reduce((sum, sample) => sum + sample.keys.length, 0));
  const ranges: Range[] = [];
  for (const { keys: own, sequences } of samples) {
    keys.set(own, ranges.length * keyWords);
    for (let question = 0; question < own.length / keyWords; question++)
      ranges.push({ sequences, from: sequences.starts[question]!, to: sequences.starts[question + 1]! });
  }
  const order = leastKeys(keys, limit);
  return { keys: pickKeys(keys, order), sequences: joined(Array.from(order, (question) => ranges[question]!)) };
}

function asQuestions({ keys, sequences }: Sample): Omit<Questions, 'total'> {
  const start = sequences.starts.slice(0, -1);
  const at = start.map((first, question) => first + keys[question * keyWords + keyWords - 1]!);
  return { sequences, queries: { start, at, end: sequences.starts.slice(1) } };
}

function encode({ keys, sequences: { starts, items, times, targets } }: Sample, total: number): Uint8Array {
  return pack(total, [keys, starts, items, times, targets]);
}

function decode(bytes: Uint8Array): { readonly total: number; readonly sample: Sample } {
  const { header: total, arrays } = unpack<number>(bytes);
  const [keys, starts, items, times, targets] = arrays as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Float64Array,
    Uint8Array,
  ];
  return { total, sample: { keys, sequences: { starts, items, times, targets } } };
}
