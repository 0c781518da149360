/** The different values of one pane: their hashes in ascending order up to 256, a HyperLogLog beyond. */
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import { observe, registerCount } from './hyperloglog.ts';

export type Hash = readonly [hi: number, lo: number];
export type Hashes = Hash[] | Uint8Array;

const maxExact = 256;

export const isSketch = (cell: Hashes): cell is Uint8Array => cell instanceof Uint8Array;

const compareHashes = (a: Hash, b: Hash): number => a[0] - b[0] || a[1] - b[1];

function sketchOf(hashes: readonly Hash[]): Uint8Array {
  const registers = new Uint8Array(registerCount);
  for (const [hi, lo] of hashes) observe(registers, hi, lo);
  return registers;
}

/** Changes `cell` and gives it back, or what takes its place. */
export function addHash(cell: Hashes | undefined, hash: Hash, overflow: () => void): Hashes {
  if (cell === undefined) return [hash];
  if (isSketch(cell)) observe(cell, hash[0], hash[1]);
  else addExact(cell, hash);
  if (isSketch(cell) || cell.length <= maxExact) return cell;
  overflow();
  return sketchOf(cell);
}

function addExact(hashes: Hash[], hash: Hash): void {
  let place = hashes.length;
  while (place > 0 && compareHashes(hashes[place - 1]!, hash) > 0) place--;
  const before = hashes[place - 1];
  if (before === undefined || compareHashes(before, hash) !== 0) hashes.splice(place, 0, hash);
}

/** Changes neither. */
export function mergeHashes(a: Hashes, b: Hashes = []): Hashes {
  if (isSketch(a) || isSketch(b)) return mergeSketches(isSketch(a) ? a : sketchOf(a), isSketch(b) ? b : sketchOf(b));
  const merged = [...a];
  for (const hash of b) addExact(merged, hash);
  return merged.length <= maxExact ? merged : sketchOf(merged);
}

const mergeSketches = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.map((register, index) => Math.max(register, b[index]!));

/** 0 to 256: so many hashes follow; 257: the registers follow. */
export function encodeHashes(writer: StateWriter, cell: Hashes): void {
  if (isSketch(cell)) {
    writer.unsigned(maxExact + 1);
    return writer.bytes(cell);
  }
  writer.unsigned(cell.length);
  for (const [hi, lo] of cell) writer.hash(hi, lo);
}

export function decodeHashes(reader: StateReader): Hashes {
  const length = reader.unsigned();
  if (length > maxExact) return reader.bytes(registerCount);
  const hashes: Hash[] = [];
  for (let left = length; left > 0; left--) hashes.push(reader.hash());
  return hashes;
}
