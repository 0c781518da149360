/** EASE's Gram matrix: how many profiles have both of two items in their history. A sum, so shards of profiles add up. */
import { profileCount, type Sequences } from './sequences.ts';

/**
 * Adds XᵀX for the binary profile × item matrix X to the lower triangle of `matrix` (row-major, `stride` values a row).
 * `rowOf[item]` is the item's row, -1 where it has none.
 */
export function addGram(sequences: Sequences, rowOf: Int32Array, matrix: Float64Array, stride: number): void {
  const seenBy = new Int32Array(rowOf.length).fill(-1);
  const rows = new Int32Array(rowOf.length);
  for (let profile = 0; profile < profileCount(sequences); profile++) {
    const end = sequences.starts[profile + 1]!;
    let count = 0;
    for (let step = sequences.starts[profile]!; step < end; step++) {
      const item = sequences.items[step]!;
      if (seenBy[item] === profile || rowOf[item]! < 0) continue;
      seenBy[item] = profile;
      rows[count++] = rowOf[item]!;
    }
    addProfile(rows.subarray(0, count).sort(), matrix, stride);
  }
}

/** `rows` ascending: each pair once, in the lower triangle. */
function addProfile(rows: Int32Array, matrix: Float64Array, stride: number): void {
  for (let i = 0; i < rows.length; i++) {
    const origin = rows[i]! * stride;
    for (let j = 0; j <= i; j++) matrix[origin + rows[j]!]!++;
  }
}
