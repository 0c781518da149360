/** Compares what serving gave the models with what a replay computes: reads `predictions`, then the log up to what they saw. */
import type { Broker } from '../shared/broker.ts';
import { Draw, lotOf } from '../shared/learning/point-in-time/draw.ts';
import type { SkewReport } from '../shared/learning/skew/compare-vectors.ts';
import { Recompute, type ReplayOf } from '../shared/learning/skew/recompute.ts';
import { readServedVector, type ServedVector } from '../shared/learning/skew/served-vector.ts';
import { unpackLines } from '../shared/record.ts';
import { parseLine } from './replay.ts';

/** Vectors that are computed again, of all that were logged. */
const most = 1000;
/** Records of each partition of `predictions` that are looked through, the newest. */
const looked = 20_000;

export interface SkewCheck extends ReplayOf {
  readonly broker: Broker;
  readonly predictions: string;
  readonly clean: string;
}

/** undefined: no answer has told what it was made of. Rejects with what the broker rejects with. */
export async function measureSkew(check: SkewCheck): Promise<SkewReport | undefined> {
  const { broker, clean } = check;
  const vectors = await drawVectors(check);
  if (vectors.length === 0) return undefined;
  const held = new Map((await broker.offsets(clean)).map(({ partition, low, high }) => [partition, { low, high }]));
  // Profiles contain the log from its very beginning.
  const isHeld = (partition: number, to = 0): boolean => {
    const range = held.get(partition);
    return range !== undefined && range.low === 0 && to <= range.high;
  };
  const recompute = new Recompute(check, vectors);
  const ranges = recompute.ranges();
  for (const { partition, to } of ranges) {
    if (!isHeld(partition, to)) continue;
    for await (const records of broker.read({ topic: clean, partition, from: 0, to }))
      for (const { offset, value } of records) takeRecord(recompute, value, { partition, offset });
    recompute.end(partition);
  }
  const ends = new Map(ranges.map(({ partition, to }) => [partition, to]));
  return recompute.report((partition) => isHeld(partition, ends.get(partition)));
}

function takeRecord(recompute: Recompute, value: Uint8Array | null, at: { partition: number; offset: number }): void {
  if (value === null) return;
  for (const line of unpackLines(value)) {
    const event = parseLine(line);
    if (event) recompute.take(event, at.partition, at.offset);
  }
}

async function drawVectors({ broker, predictions }: SkewCheck): Promise<ServedVector[]> {
  const drawn = new Draw<{ readonly lot: number; readonly vector: ServedVector }>(most);
  for (const { partition, low, high } of await broker.offsets(predictions)) {
    const from = Math.max(low, high - looked);
    for await (const records of broker.read({ topic: predictions, partition, from, to: high }))
      for (const { value, offset } of records) drawRecord(drawn, value, `${partition} ${offset}`);
  }
  return drawn.values().map(({ vector }) => vector);
}

function drawRecord(drawn: Draw<{ lot: number; vector: ServedVector }>, value: Uint8Array | null, place: string): void {
  if (value === null) return;
  unpackLines(value).forEach((line, index) => {
    const lot = lotOf(0, `${place} ${index}`);
    const vector = drawn.admits(lot) ? readServedVector(line) : undefined;
    if (vector) drawn.offer({ lot, vector });
  });
}
