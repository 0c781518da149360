/** EASE's Gram matrix: how many profiles have both of two items in their history. A sum, so shards of profiles add up. */
import { LikenessError } from '../errors.ts';
import { Column } from './columns.ts';
import { profileCount, type Sequences } from './sequences.ts';

/** Counts in a lower triangle: a row begins at `origin(row)`. */
export interface Triangle {
  readonly values: Float64Array | Uint32Array;
  readonly origin: (row: number) => number;
}

/** Rows of `stride` values, whose upper part is left alone. */
export const squareOf = (values: Float64Array, stride: number): Triangle => ({ values, origin: (row) => row * stride });

/** The lower triangle alone, a third of the memory. */
export const packedTriangle = (size: number): Triangle => ({
  values: new Uint32Array((size * (size + 1)) / 2),
  origin: (row) => (row * (row + 1)) / 2,
});

/**
 * Adds XᵀX for the binary profile × item matrix X. `rowOf[item]` is the item's row, -1 where it has none.
 */
export function addGram(sequences: Sequences, rowOf: Int32Array, triangle: Triangle): void {
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
    addHistory(rows.subarray(0, count).sort(), triangle);
  }
}

/** One profile's items. `rows` ascending: each pair once, in the lower triangle. */
export function addHistory(rows: Int32Array, { values, origin }: Triangle): void {
  for (let i = 0; i < rows.length; i++) {
    const start = origin(rows[i]!);
    for (let j = 0; j <= i; j++) values[start + rows[j]!]!++;
  }
}

/** What is not zero, as numbers of 7 bits a byte: how many are skipped, then the count. Two bytes a pair, mostly. */
export function encodeTriangle({ values }: Triangle): Uint8Array {
  const bytes = new Column((length) => new Uint8Array(length));
  let skipped = 0;
  for (const value of values) {
    if (value === 0) skipped++;
    else {
      pushNumber(bytes, skipped);
      pushNumber(bytes, value);
      skipped = 0;
    }
  }
  return bytes.view();
}

/** Adds what `encodeTriangle` has written of a packed triangle of `size` rows. */
export function addEncoded(bytes: Uint8Array, size: number, { values, origin }: Triangle): void {
  const read = numbersIn(bytes);
  let [row, column] = [0, -1];
  for (let skip = read(); skip !== undefined; skip = read()) {
    column += skip + 1;
    while (column > row) column -= ++row;
    const count = read();
    if (row >= size || count === undefined)
      throw new LikenessError('ModelInvalid', 'The Gram matrix of another worker is not of this size');
    values[origin(row) + column] = values[origin(row) + column]! + count;
  }
}

function pushNumber(bytes: Column<Uint8Array>, value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** undefined at the end. */
function numbersIn(bytes: Uint8Array): () => number | undefined {
  let at = 0;
  return () => {
    if (at >= bytes.length) return undefined;
    let [value, scale] = [0, 1];
    for (; bytes[at]! > 127; scale *= 128) value += (bytes[at++]! - 128) * scale;
    return value + bytes[at++]! * scale;
  };
}
