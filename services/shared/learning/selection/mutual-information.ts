/** Mutual information of continuous features with a class, by nearest neighbours. */
import { digamma } from '../statistics/gamma.ts';
import { normalSource, startTwister } from '../statistics/mersenne-twister.ts';
import { discreteInformation } from './information-gain.ts';
import { classesOf, type Classes, type LabelledColumns } from './labelled-columns.ts';

export interface MutualInformationOptions {
  readonly neighbors?: number;
  /** Of the noise that tells equal values apart. */
  readonly seed?: number;
  /** Which columns are categories; absent: none. */
  readonly discrete?: readonly boolean[];
}

/**
 * In nats, at least 0: Ross 2014, "Mutual information between discrete and continuous data sets", equation 2, a column
 * scaled to deviation 1 with noise of 10⁻¹⁰ (Kraskov and others 2004), in the order and from the generator of
 * scikit-learn's `mutual_info_classif`, so that the same seed gives the same scores. O(n log n) a column.
 */
export function mutualInformation(data: LabelledColumns, options: MutualInformationOptions = {}): number[] {
  const { neighbors = 3, seed = 0, discrete = [] } = options;
  const { columns, labels } = data;
  const classes = classesOf(labels);
  const noisy = withNoise(
    columns.map((column, at) => (discrete[at] === true ? undefined : column)),
    seed,
  );
  return columns.map((column, at) => {
    const continuous = noisy[at];
    if (continuous === undefined) return discreteInformation(column, labels);
    return Math.max(0, rossEstimate(continuous, classes, neighbors));
  });
}

/** Each column over its deviation, with noise drawn row by row. */
function withNoise(columns: readonly (Float64Array | undefined)[], seed: number): (Float64Array | undefined)[] {
  const scaled = columns.map((column) => column && overDeviation(column));
  const normal = normalSource(startTwister(seed));
  const sizes = scaled.map((column) => (column === undefined ? 0 : 1e-10 * Math.max(1, meanOf(column.map(Math.abs)))));
  const rows = scaled.find((column) => column !== undefined)?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    scaled.forEach((column, at) => {
      if (column !== undefined) column[row]! += sizes[at]! * normal();
    });
  }
  return scaled;
}

function overDeviation(column: Float64Array): Float64Array {
  const mean = meanOf(column);
  const deviation = Math.sqrt(meanOf(column.map((value) => (value - mean) ** 2)));
  // Of equal values rounding may leave a deviation, by which they must not be blown up.
  return deviation <= Math.abs(mean) * 1e-13 ? column.slice() : column.map((value) => value / deviation);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rossEstimate(values: Float64Array, { classOf, counts }: Classes, neighbors: number): number {
  const sorted = values.toSorted();
  let [rows, ofNeighbors, ofClasses, ofNear] = [0, 0, 0, 0];
  counts.forEach((count, label) => {
    if (count < 2) return;
    const own = values.filter((_, row) => classOf[row] === label).sort();
    const nearest = Math.min(neighbors, count - 1);
    rows += count;
    ofNeighbors += count * digamma(nearest);
    ofClasses += count * digamma(count);
    own.forEach((value, at) => (ofNear += digamma(countNear(sorted, value, distanceToNth(own, at, nearest)))));
  });
  return rows === 0 ? 0 : digamma(rows) + (ofNeighbors - ofClasses - ofNear) / rows;
}

/** From sorted[at] to its nth nearest neighbour. */
function distanceToNth(sorted: Float64Array, at: number, nth: number): number {
  const value = sorted[at]!;
  let [below, above, distance] = [at - 1, at + 1, 0];
  for (let taken = 0; taken < nth; taken++) {
    const down = below >= 0 ? value - sorted[below]! : Infinity;
    const up = above < sorted.length ? sorted[above]! - value : Infinity;
    distance = Math.min(down, up);
    if (down <= up) below--;
    else above++;
  }
  return distance;
}

/** Values nearer than `distance`, the value itself among them. */
function countNear(sorted: Float64Array, value: number, distance: number): number {
  const isNear = (other: number): boolean => other === value || Math.abs(other - value) < distance;
  const first = firstWhere(sorted, (other) => other >= value || isNear(other));
  const beyond = firstWhere(sorted, (other) => other > value && !isNear(other));
  return beyond - first;
}

/** The first index from which on `holds` is true; it never turns false again. */
function firstWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
