/** Where a training begins: small random numbers, items by how often they are targets; or what a trained ranker knows. */
import { normalSource } from '../statistics/mersenne-twister.ts';
import { countTargets } from '../sequences.ts';
import type { RankerData } from './fit-ranker.ts';
import { randomAt } from './random.ts';
import type { Ranker } from './ranker.ts';
import { sizeOf, variableShapes, type RankerShape, type RankerWeights } from './shape.ts';

const deviation = 0.02;

/** The bias of an item begins at the log of its share, so that nothing better is known of an item without events. */
export function initialWeights(data: RankerData, shape: RankerShape, seed: number): Map<string, Float32Array> {
  const normal = normalSource(randomAt(seed));
  const draw = (dimensions: readonly number[]): Float32Array => {
    const width =
      dimensions.length === 2 && dimensions[0] === dimensions[1] ? 1 / Math.sqrt(dimensions[0]!) : deviation;
    return Float32Array.from({ length: sizeOf(dimensions) }, () => width * normal());
  };
  const weights = new Map(
    Object.entries(variableShapes(shape)).map(([name, dimensions]) => {
      if (name.endsWith('Gain')) return [name, new Float32Array(sizeOf(dimensions)).fill(1)];
      return [name, name.endsWith('Bias') ? new Float32Array(sizeOf(dimensions)) : draw(dimensions)];
    }),
  );
  const counts = countTargets(data.train, shape.items);
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  weights.set(
    'itemBias',
    Float32Array.from(counts, (count) => Math.log(((count + 0.5) * shape.items) / total)),
  );
  // What is far from its mean would drown the other losses at first.
  if (shape.timeToNext) weights.get('timeBias')!.fill(meanLogPause(data));
  return weights;
}

/** Mean of log(1 + seconds) between two steps of different times. */
function meanLogPause({ train: { starts, times } }: RankerData): number {
  let [sum, count] = [0, 0];
  for (let profile = 0; profile + 1 < starts.length; profile++)
    for (let step = starts[profile]! + 1; step < starts[profile + 1]!; step++)
      if (times[step]! > times[step - 1]!) {
        sum += Math.log1p((times[step]! - times[step - 1]!) / 1000);
        count++;
      }
  return sum / Math.max(1, count);
}

/**
 * `weights` with what `start` knows in their place: embeddings and biases of items by id, and all else that has the same
 * shape. A ranker of another dimension has nothing to give.
 */
export function warmed(
  weights: Map<string, Float32Array>,
  data: RankerData,
  shape: RankerShape,
  start: Ranker,
): RankerWeights {
  if (start.shape.dimension !== shape.dimension) return weights;
  const known = variableShapes(start.shape);
  for (const [name, dimensions] of Object.entries(variableShapes(shape))) {
    const held = start.weights.get(name);
    if (name === 'items' || name === 'itemBias') copyItems(weights.get(name)!, held!, data.items.ids, start);
    else if (held !== undefined && String(known[name]) === String(dimensions) && meansTheSame(name, shape, start.shape))
      weights.set(name, held.slice());
  }
  return weights;
}

/** Columns of a head are worth something only where they are of the same labels. */
function meansTheSame(name: string, one: RankerShape, other: RankerShape): boolean {
  if (name.startsWith('propensity')) return one.labels.join() === other.labels.join();
  return !name.startsWith('categor') || one.categories.join() === other.categories.join();
}

function copyItems(into: Float32Array, held: Float32Array, ids: readonly string[], start: Ranker): void {
  const width = into.length / ids.length;
  ids.forEach((id, item) => {
    const known = start.items.indexOf(id);
    if (known >= 0) into.set(held.subarray(known * width, (known + 1) * width), item * width);
  });
}
