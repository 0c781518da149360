/** A matrix as bytes: "LKM1", rows, columns, entries, starts, column of each entry (u32), values (f32); little-endian. */
import { LikenessError } from '../errors.ts';
import { ItemMatrix } from './item-matrix.ts';

const magic = 0x314d_4b4c;
const headerWords = 4;

/** `size` is the number of columns, which is the number of items. */
export function encodeMatrix(matrix: ItemMatrix, size: number): Uint8Array {
  const header = Uint32Array.of(magic, matrix.rows, size, matrix.values.length);
  return Buffer.concat([header, matrix.starts, matrix.columns, matrix.values].map(bytesOf));
}

/** Throws `ModelInvalid`, naming `file`, unless every entry is finite and inside the matrix. */
export function decodeMatrix(file: string, bytes: Uint8Array, size: number): ItemMatrix {
  const { words, rows, entries } = readHeader(file, bytes, size);
  const starts = words.subarray(headerWords, headerWords + rows + 1);
  const columns = words.subarray(headerWords + rows + 1, headerWords + rows + 1 + entries);
  const values = new Float32Array(words.buffer, (headerWords + rows + 1 + entries) * 4, entries);
  if (starts[0] !== 0 || starts[rows] !== entries) throw invalid(file, 'its row starts do not span its entries');
  for (let row = 0; row < rows; row++)
    if (starts[row]! > starts[row + 1]!) throw invalid(file, `row ${row} ends before it starts`);
  for (let at = 0; at < entries; at++) {
    if (columns[at]! >= size) throw invalid(file, `entry ${at} points to item ${columns[at]} of ${size}`);
    if (!Number.isFinite(values[at])) throw invalid(file, `entry ${at} is ${values[at]}`);
  }
  return new ItemMatrix(starts, columns, values);
}

function readHeader(
  file: string,
  bytes: Uint8Array,
  size: number,
): { words: Uint32Array; rows: number; entries: number } {
  if (bytes.length < headerWords * 4) throw invalid(file, 'is cut short: it has no header');
  // A copy: bytes that were read from a file may start anywhere, and typed arrays of words may not.
  const words = new Uint32Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 4))).buffer);
  const [mark, rows, columns, entries] = [words[0]!, words[1]!, words[2]!, words[3]!];
  if (mark !== magic) throw invalid(file, 'is not a matrix of this version (its first bytes are not "LKM1")');
  if (columns !== size || rows > size)
    throw invalid(file, `is ${rows} × ${columns} and must have ${size} columns and at most as many rows`);
  const expected = (headerWords + rows + 1 + 2 * entries) * 4;
  if (bytes.length !== expected) throw invalid(file, `has ${bytes.length} bytes where its header says ${expected}`);
  return { words, rows, entries };
}

function invalid(file: string, what: string): LikenessError {
  return new LikenessError('ModelInvalid', `${file}: ${what}`);
}

function bytesOf(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
