/** Sparse item-item matrix in compressed rows: row h holds what item h of a history adds to the score of each item. */

export class ItemMatrix {
  /** Entries of row r lie at starts[r] … starts[r + 1]; length rows + 1. Items from `rows` on have no row. */
  readonly starts: Uint32Array;
  /** Column (item index) of each entry, ascending in a row. */
  readonly columns: Uint32Array;
  readonly values: Float32Array;

  constructor(starts: Uint32Array, columns: Uint32Array, values: Float32Array) {
    this.starts = starts;
    this.columns = columns;
    this.values = values;
  }

  get rows(): number {
    return this.starts.length - 1;
  }

  /** out[column] += weight · value over the row. False if the row has no entries. */
  addRow(row: number, weight: number, out: Float64Array): boolean {
    if (row < 0 || row >= this.rows) return false;
    const { columns, values } = this;
    const start = this.starts[row]!;
    const end = this.starts[row + 1]!;
    for (let at = start; at < end; at++) {
      const column = columns[at]!;
      out[column] = out[column]! + weight * values[at]!;
    }
    return end > start;
  }
}

/** Coordinates of a matrix in any order; entry e is (rows[e], columns[e], values[e]). */
export interface Coordinates {
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/** Compresses coordinates: two stable counting sorts, by column and then by row, leave the columns ascending. */
export function compressRows(size: number, entries: Coordinates): ItemMatrix {
  const byColumn = countingOrder(entries.columns, size);
  const byRow = countingOrder(entries.rows, size, byColumn.order);
  const count = entries.values.length;
  const columns = new Uint32Array(count);
  const values = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const entry = byRow.order[at]!;
    columns[at] = entries.columns[entry]!;
    values[at] = entries.values[entry]!;
  }
  return new ItemMatrix(byRow.starts, columns, values);
}

/** Stable order of `keys` (each below `size`), walking them in `previous` order, and where each key starts. */
function countingOrder(
  keys: Uint32Array,
  size: number,
  previous?: Uint32Array,
): { order: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(size + 1);
  for (const key of keys) starts[key + 1]!++;
  for (let key = 0; key < size; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const order = new Uint32Array(keys.length);
  for (let at = 0; at < keys.length; at++) {
    const entry = previous ? previous[at]! : at;
    order[next[keys[entry]!]!++] = entry;
  }
  return { order, starts };
}

/** Keeps the `keep` entries of each row that are greatest by magnitude (at equal ones the lower column). */
export function pruneRows(matrix: ItemMatrix, keep: number): ItemMatrix {
  const starts = new Uint32Array(matrix.rows + 1);
  for (let row = 0; row < matrix.rows; row++) {
    const length = matrix.starts[row + 1]! - matrix.starts[row]!;
    starts[row + 1] = starts[row]! + Math.min(keep, length);
  }
  const columns = new Uint32Array(starts[matrix.rows]!);
  const values = new Float32Array(columns.length);
  for (let row = 0; row < matrix.rows; row++) {
    const kept = greatestEntries(matrix.values, matrix.starts[row]!, matrix.starts[row + 1]!, keep);
    let to = starts[row]!;
    for (const at of kept) {
      columns[to] = matrix.columns[at]!;
      values[to++] = matrix.values[at]!;
    }
  }
  return new ItemMatrix(starts, columns, values);
}

/** One matrix of several with entries in different rows, those of the first before those of the next. */
export function joinRows(rows: number, parts: readonly ItemMatrix[]): ItemMatrix {
  const starts = new Uint32Array(rows + 1);
  const count = parts.reduce((sum, { values }) => sum + values.length, 0);
  const columns = new Uint32Array(count);
  const values = new Float32Array(count);
  let at = 0;
  for (const part of parts) {
    columns.set(part.columns, at);
    values.set(part.values, at);
    at += part.values.length;
    for (let row = 0; row <= rows; row++) starts[row]! += part.starts[row]!;
  }
  return new ItemMatrix(starts, columns, values);
}

/** Positions, ascending, of the `keep` greatest magnitudes among values[from … to); the first among equals. */
export function greatestEntries(values: Float32Array, from: number, to: number, keep: number): Uint32Array {
  if (to - from <= keep) return Uint32Array.from({ length: to - from }, (_, offset) => from + offset);
  const magnitudes = absoluteBits(values, from, to);
  const { threshold, equal } = rankThreshold(magnitudes, keep);
  const kept = new Uint32Array(keep);
  let held = 0;
  let equalLeft = equal;
  for (let at = 0; at < magnitudes.length; at++) {
    const magnitude = magnitudes[at]!;
    if (magnitude > threshold || (magnitude === threshold && equalLeft-- > 0)) kept[held++] = from + at;
  }
  return kept;
}

/** Bits of floats without their sign: they order as the magnitudes do. */
function absoluteBits(values: Float32Array, from: number, to: number): Uint32Array {
  const bits = new Uint32Array(values.slice(from, to).buffer);
  for (let at = 0; at < bits.length; at++) bits[at] = bits[at]! & 0x7fff_ffff;
  return bits;
}

/** The `keep`-th greatest key (31 bits), and how many of the keys equal to it belong to the `keep`: digit by digit. */
function rankThreshold(keys: Uint32Array, keep: number): { threshold: number; equal: number } {
  const counts = new Uint32Array(256);
  let [prefix, mask, rest] = [0, 0, keep];
  for (let shift = 24; shift >= 0; shift -= 8) {
    counts.fill(0);
    for (let at = 0; at < keys.length; at++) if ((keys[at]! & mask) === prefix) counts[(keys[at]! >>> shift) & 255]!++;
    let digit = 255;
    for (; rest > counts[digit]!; digit--) rest -= counts[digit]!;
    prefix |= digit << shift;
    mask |= 255 << shift;
  }
  return { threshold: prefix, equal: rest };
}
