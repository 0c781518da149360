/** DBSCAN: dense regions are clusters, what belongs to none is noise. */
import { squaredDistance } from '../statistics/squared-distance.ts';

export interface DbscanOptions {
  /** Rows within this Euclidean distance are neighbours. */
  readonly radius: number;
  /** So many neighbours, the row itself among them, make a core. */
  readonly neighbors?: number;
}

/** Plain JSON: what a stream needs to tell whether a new row is noise. */
export interface DbscanModel {
  readonly radius: number;
  /** Ascending by their first field. */
  readonly cores: readonly (readonly number[])[];
}

export interface DbscanFit {
  /** The cluster of each row, from 0 in the order of their first cores; −1 is noise. */
  readonly labels: Int32Array;
  readonly model: DbscanModel;
}

type Rows = readonly ArrayLike<number>[];

/**
 * Ester, Kriegel, Sander, Xu 1996, "A density-based algorithm for discovering clusters", labels as scikit-learn's: a row
 * that borders on two clusters belongs to the first. Rows of one length, finite. Quadratic where many rows lie within a
 * radius of each other in the first field: fit it to a sample.
 */
export function fitDbscan(rows: Rows, { radius, neighbors = 5 }: DbscanOptions): DbscanFit {
  const order = rows.map((_, at) => at).sort((a, b) => rows[a]![0]! - rows[b]![0]!);
  const sorted = order.map((at) => rows[at]!);
  const near = rows.map((row) => rowsWithin(sorted, row, radius).map((at) => order[at]!));
  const isCore = near.map((others) => others.length >= neighbors);
  const cores = order.filter((at) => isCore[at]).map((at) => Array.from(rows[at]!));
  return { labels: spread(near, isCore), model: { radius, cores } };
}

function spread(near: readonly number[][], isCore: readonly boolean[]): Int32Array {
  const labels = new Int32Array(near.length).fill(-1);
  let cluster = 0;
  near.forEach((_, start) => {
    if (labels[start] !== -1 || !isCore[start]) return;
    labels[start] = cluster;
    for (const reached = [start]; reached.length > 0;) {
      const at = reached.pop()!;
      if (!isCore[at]) continue;
      for (const other of near[at]!) {
        if (labels[other] !== -1) continue;
        labels[other] = cluster;
        reached.push(other);
      }
    }
    cluster++;
  });
  return labels;
}

/** Whether no core lies within the radius: such a row would have been noise. */
export function isNoise({ cores, radius }: DbscanModel, row: ArrayLike<number>): boolean {
  return rowsWithin(cores, row, radius, 1).length === 0;
}

/** Indices into `sorted`, which is ascending by the first field; at most `most` of them. */
function rowsWithin(sorted: Rows, row: ArrayLike<number>, radius: number, most = Infinity): number[] {
  const found: number[] = [];
  for (let at = firstFrom(sorted, row[0]! - radius); at < sorted.length && found.length < most; at++) {
    const other = sorted[at]!;
    if (other[0]! - row[0]! > radius) break;
    if (squaredDistance(other, row) <= radius * radius) found.push(at);
  }
  return found;
}

/** The first index whose first field may be `value` or more; rounding is left to the exact distance. */
function firstFrom(sorted: Rows, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]![0]! < value) low = middle + 1;
    else high = middle;
  }
  while (low > 0 && sorted[low - 1]![0]! >= value - Math.abs(value) * 1e-15) low--;
  return low;
}
