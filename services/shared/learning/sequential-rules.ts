/** SR, sequential item-item rules: what is bought soon after what (Ludewig & Jannach 2018, with cosine normalisation). */
import { compressRows, type ItemMatrix } from './item-matrix.ts';
import { PairCounts } from './pair-counts.ts';
import { profileCount, type Sequences } from './sequences.ts';

/**
 * Adds 1/d to c[i][j] for each step i and each target step j that follows it d ≤ window steps later in the same
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
  for (let i = j - 1; i >= first; i--) if (items[i] !== item) counts.add(items[i]!, item, 1 / (j - i));
}

/** c[i][j] / √(Σ row i · Σ column j), in compressed rows of 32-bit floats. */
function normaliseCounts(counts: PairCounts): ItemMatrix {
  const entries = counts.coordinates();
  const rowSums = new Float64Array(counts.size);
  const columnSums = new Float64Array(counts.size);
  const { rows, columns, values } = entries;
  for (let at = 0; at < values.length; at++) {
    rowSums[rows[at]!]! += values[at]!;
    columnSums[columns[at]!]! += values[at]!;
  }
  for (let at = 0; at < values.length; at++)
    values[at] = values[at]! / Math.sqrt(rowSums[rows[at]!]! * columnSums[columns[at]!]!);
  return compressRows(counts.size, entries);
}

export function fitSequentialRules(sequences: Sequences, items: number, window: number): ItemMatrix {
  const counts = new PairCounts(items);
  countPairs(sequences, window, counts);
  return normaliseCounts(counts);
}
