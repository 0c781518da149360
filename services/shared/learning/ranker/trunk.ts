/** The newest step's state of a ranker: embeddings, attention over all steps, a feed-forward layer, norms. Float64 inside. */
import { normEpsilon, type RankerShape, type RankerWeights } from './shape.ts';

export interface Trunk {
  /** The state, `dimension` numbers, good until the next call; undefined where no step is known. -1 is unknown. */
  stateOf(steps: Int32Array | Uint32Array): Float64Array | undefined;
}

type Vector = Float64Array;

export function createTrunk(shape: RankerShape, weights: RankerWeights): Trunk {
  const { dimension, length } = shape;
  const known = new Int32Array(length);
  const scratch = createScratch(length, dimension);
  const { rows, normed, keys, values, scores, query, mixed, hidden, state } = scratch;
  const w = (name: string): Float32Array => weights.get(name)!;
  const scale = Math.sqrt(dimension);

  function embed(count: number): void {
    const [items, positions] = [w('items'), w('positions')];
    for (let step = 0; step < count; step++)
      for (let at = 0; at < dimension; at++)
        rows[step * dimension + at] = items[known[step]! * dimension + at]! * scale + positions[step * dimension + at]!;
  }

  function attend(count: number): void {
    for (let step = 0; step < count; step++) {
      const row = step * dimension;
      normalise(rows.subarray(row, row + dimension), w('norm1Gain'), w('norm1Bias'), normed);
      multiply(normed, w('key'), keys.subarray(row, row + dimension));
      multiply(normed, w('value'), values.subarray(row, row + dimension));
    }
    // The newest step was the last to be normed.
    multiply(normed, w('query'), query);
    weigh(count, scratch, scale);
    const newest = rows.subarray((count - 1) * dimension, count * dimension);
    mixed.set(newest);
    for (let step = 0; step < count; step++)
      for (let at = 0; at < dimension; at++) mixed[at]! += scores[step]! * values[step * dimension + at]!;
  }

  function feedForward(): void {
    normalise(mixed, w('norm2Gain'), w('norm2Bias'), normed);
    multiply(normed, w('hidden'), hidden);
    for (let at = 0; at < dimension; at++) hidden[at] = Math.max(0, hidden[at]! + w('hiddenBias')[at]!);
    multiply(hidden, w('output'), normed);
    for (let at = 0; at < dimension; at++) mixed[at]! += normed[at]! + w('outputBias')[at]!;
    normalise(mixed, w('norm3Gain'), w('norm3Bias'), state);
  }

  return {
    stateOf(steps) {
      const count = newestKnown(steps, known);
      if (count === 0) return undefined;
      embed(count);
      attend(count);
      feedForward();
      return state;
    },
  };
}

function createScratch(length: number, dimension: number) {
  const matrix = (): Vector => new Float64Array(length * dimension);
  const vector = (): Vector => new Float64Array(dimension);
  const scores = new Float64Array(length);
  const [rows, keys, values] = [matrix(), matrix(), matrix()];
  const [normed, query, mixed, hidden, state] = [vector(), vector(), vector(), vector(), vector()];
  return { rows, keys, values, scores, normed, query, mixed, hidden, state };
}

/** Fills `known` with the newest known steps, oldest first, and gives their number. */
function newestKnown(steps: Int32Array | Uint32Array, known: Int32Array): number {
  let count = 0;
  for (let at = steps.length - 1; at >= 0 && count < known.length; at--)
    if (steps[at]! >= 0) known[count++] = steps[at]!;
  known.subarray(0, count).reverse();
  return count;
}

/** Softmax of query · key / scale, in place of the scores. */
function weigh(count: number, { query, keys, scores }: ReturnType<typeof createScratch>, scale: number): void {
  const dimension = query.length;
  let most = -Infinity;
  for (let step = 0; step < count; step++) {
    let product = 0;
    for (let at = 0; at < dimension; at++) product += query[at]! * keys[step * dimension + at]!;
    scores[step] = product / scale;
    most = Math.max(most, scores[step]!);
  }
  let total = 0;
  for (let step = 0; step < count; step++) total += scores[step] = Math.exp(scores[step]! - most);
  for (let step = 0; step < count; step++) scores[step]! /= total;
}

function normalise(row: Vector, gain: Float32Array, bias: Float32Array, out: Vector): void {
  let mean = 0;
  for (const value of row) mean += value;
  mean /= row.length;
  let variance = 0;
  for (const value of row) variance += (value - mean) ** 2;
  const factor = 1 / Math.sqrt(variance / row.length + normEpsilon);
  for (let at = 0; at < row.length; at++) out[at] = (row[at]! - mean) * factor * gain[at]! + bias[at]!;
}

/** out = row · matrix, whose rows are as long as `out`. */
function multiply(row: Vector, matrix: Float32Array, out: Vector): void {
  const width = out.length;
  out.fill(0);
  for (let from = 0; from < row.length; from++) {
    const factor = row[from]!;
    const start = from * width;
    for (let at = 0; at < width; at++) out[at]! += factor * matrix[start + at]!;
  }
}
