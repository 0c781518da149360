/** An entry of a sequence, its place among the others, and its bytes. */
import { compareBytes } from '../order.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import { decodeType, encodeType, type NamedTypes } from './named-types.ts';

/** `hash`: the first four bytes of the id's hash, which is all that orders events of one time and is kept for that. */
export interface SequenceEntry {
  readonly time: number;
  readonly hash: number;
  readonly itemId: string;
  readonly type: string;
}

/** By time, hash, item, type: entries that are equal in all four cannot be told apart at all. */
export function compareEntries(a: SequenceEntry, b: SequenceEntry): number {
  return a.time - b.time || a.hash - b.hash || compareBytes(a.itemId, b.itemId) || compareBytes(a.type, b.type);
}

/** The bytes depend on the entry and on the next newer one alone. */
export function encodeEntry(
  writer: StateWriter,
  entries: readonly SequenceEntry[],
  place: number,
  types: NamedTypes,
): void {
  const { time, hash, itemId, type } = entries[place]!;
  const next = entries[place + 1];
  const sameType = next?.type === type;
  writer.unsigned(((next?.time ?? time) - time) * 2 + (sameType ? 0 : 1));
  if (!sameType) encodeType(writer, type, types);
  writer.textBeside(itemId, next?.itemId ?? '');
  writer.word(hash);
}

/** Reads `length` entries, the newest of which happened at `newest`; gives them and their sizes back oldest first. */
export function decodeEntries(
  reader: StateReader,
  length: number,
  newest: number,
  types: NamedTypes,
): { readonly entries: SequenceEntry[]; readonly sizes: number[] } {
  const entries: SequenceEntry[] = [];
  const sizes: number[] = [];
  let time = newest;
  let type = '';
  let itemId = '';
  for (let left = length; left > 0; left--) {
    const start = reader.at;
    const head = reader.unsigned();
    time -= Math.floor(head / 2);
    if (head % 2 === 1) type = decodeType(reader, types);
    itemId = reader.textBeside(itemId);
    entries.push({ time, hash: reader.word(), itemId, type });
    sizes.push(reader.at - start);
  }
  return { entries: entries.reverse(), sizes: sizes.reverse() };
}
