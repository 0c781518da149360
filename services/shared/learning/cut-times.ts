/** The two times that cut a hold-out off, exactly, without any worker having all times: by a histogram, then one look. */
import { pack, unpack } from './packed.ts';
import type { Team } from './team.ts';

export interface CutTimes {
  /** From here on the questions lie that choose the weights; Infinity: there are none. */
  readonly validationFrom: number;
  /** From here on those that judge. */
  readonly testFrom: number;
}

const buckets = 65_536;

/** `times` are this worker's; the last `fraction` of all workers' is the test, the same number before it the validation. */
export async function cutTimes(times: Float64Array, fraction: number, team: Team, step = 'times'): Promise<CutTimes> {
  const { count, least, most } = await spanOf(times, team, step);
  const ranks = [1 - 2 * fraction, 1 - fraction].map((share) => Math.max(0, Math.round(count * share)));
  const width = (most - least) / buckets;
  const bucketOf = (time: number): number =>
    width > 0 ? Math.min(buckets - 1, Math.floor((time - least) / width)) : 0;
  const counts = await histogram(times, bucketOf, { team, step });
  const places = ranks.map((rank) => bucketAt(counts, rank));
  const near = await timesIn(new Set(places.map(({ bucket }) => bucket)), { times, bucketOf, team, step });
  const [validationFrom, testFrom] = ranks.map((rank, at) => {
    const { bucket, before } = places[at]!;
    return rank < count ? near.filter((time) => bucketOf(time) === bucket)[rank - before]! : Infinity;
  });
  return { validationFrom: validationFrom!, testFrom: testFrom! };
}

async function spanOf(times: Float64Array, team: Team, step: string) {
  const span = { count: times.length, least: Infinity, most: -Infinity };
  // A worker without any time tells of none, from Infinity to -Infinity.
  const widen = (least: number, most: number): void => {
    span.least = Math.min(span.least, least);
    span.most = Math.max(span.most, most);
  };
  for (const time of times) widen(time, time);
  const own = Float64Array.of(span.count, span.least, span.most);
  await team.share(
    `${step}.span`,
    () => pack(null, [own]),
    (bytes) => {
      const [count, least, most] = unpack(bytes).arrays[0]!;
      span.count += count!;
      widen(least!, most!);
    },
  );
  return span;
}

interface Told {
  readonly team: Team;
  readonly step: string;
}

async function histogram(times: Float64Array, bucketOf: (time: number) => number, { team, step }: Told) {
  const counts = new Float64Array(buckets);
  for (const time of times) counts[bucketOf(time)]!++;
  const own = Uint32Array.from(counts);
  await team.share(
    `${step}.histogram`,
    () => pack(null, [own]),
    (bytes) => unpack(bytes).arrays[0]!.forEach((count, bucket) => (counts[bucket] = counts[bucket]! + count)),
  );
  return counts;
}

/** The bucket of the `rank`-th time, from 0, and how many lie before it; a rank beyond all of them: the last one. */
function bucketAt(counts: Float64Array, rank: number): { readonly bucket: number; readonly before: number } {
  let before = 0;
  let bucket = 0;
  while (bucket < buckets - 1 && before + counts[bucket]! <= rank) before += counts[bucket++]!;
  return { bucket, before };
}

interface Near extends Told {
  readonly times: Float64Array;
  readonly bucketOf: (time: number) => number;
}

/** Of all workers, ascending. */
async function timesIn(wanted: ReadonlySet<number>, { times, bucketOf, team, step }: Near): Promise<Float64Array> {
  const own = times.filter((time) => wanted.has(bucketOf(time)));
  const found = [own];
  await team.share(
    `${step}.near`,
    () => pack(null, [own]),
    (bytes) => found.push(unpack(bytes).arrays[0] as Float64Array<ArrayBuffer>),
  );
  const all = new Float64Array(found.reduce((sum, some) => sum + some.length, 0));
  let at = 0;
  for (const some of found) {
    all.set(some, at);
    at += some.length;
  }
  return all.sort();
}
