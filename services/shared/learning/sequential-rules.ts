/** SR, sequential item-item rules: what is bought soon after what (Ludewig & Jannach 2018, with cosine normalisation). */
import { compressRows, type Coordinates, type ItemMatrix } from './item-matrix.ts';
import type { PairCounts } from './pair-counts.ts';
import { profileCount, type Sequences } from './sequences.ts';

/** Shares are multiples of this, so that sums of them, up to 2^23, are exact: the same in any order, by any workers. */
const grain = 2 ** -30;
export const shareAt = (distance: number): number => Math.round(1 / distance / grain) * grain;

/**
 * Adds 1/d (to the nearest 2^-30) to c[i][j] for each step i and each target step j that follows it d ≤ window steps later in the same
 * sequence. An item says nothing about itself.
 */
export function countPairs(sequences: Sequences, window: number, counts: PairCounts): void {
  const { starts, targets } = sequences;
  for (let profile = 0; profile < profileCount(sequences); profile++) {
    const start = starts[profile]!;
    const end = starts[profile + 1]!;
    for (let j = start + 1; j < end; j++)
      if (targets[j]) countBefore(sequences.items, Math.max(start, j - window), j, counts);
  }
}

function countBefore(items: Uint32Array, first: number, j: number, counts: PairCounts): void {
  const item = items[j]!;
  for (let i = j - 1; i >= first; i--) if (items[i] !== item) counts.add(items[i]!, item, shareAt(j - i));
}

/** c[i][j] / √(Σ row i · Σ column j), in compressed rows of 32-bit floats. */
export function fitSequentialRules(counts: PairCounts): ItemMatrix {
  return rulesOf(counts.coordinates(), counts.size);
}

/** The same of counters as they lie; their values are changed. */
export function rulesOf(entries: Coordinates, size: number): ItemMatrix {
  const rowSums = new Float64Array(size);
  const columnSums = new Float64Array(size);
  const { rows, columns, values } = entries;
  for (let at = 0; at < values.length; at++) {
    rowSums[rows[at]!]! += values[at]!;
    columnSums[columns[at]!]! += values[at]!;
  }
  for (let at = 0; at < values.length; at++)
    values[at] = values[at]! / Math.sqrt(rowSums[rows[at]!]! * columnSums[columns[at]!]!);
  return compressRows(size, entries);
}
