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

/** An item that comes again within so many entries is named by its distance, which takes one byte. */
const reach = 31;

/** By time, hash, item, type: entries that are equal in all four cannot be told apart at all. */
export function compareEntries(a: SequenceEntry, b: SequenceEntry): number {
  return a.time - b.time || a.hash - b.hash || compareBytes(a.itemId, b.itemId) || compareBytes(a.type, b.type);
}

/** Distance from `place` to the nearest newer entry with the same item; 0 if there is none within reach. */
function distanceToSame(entries: readonly SequenceEntry[], place: number): number {
  const { itemId } = entries[place]!;
  const last = Math.min(entries.length - 1, place + reach);
  for (let newer = place + 1; newer <= last; newer++) if (entries[newer]!.itemId === itemId) return newer - place;
  return 0;
}

/** Place of the oldest entry that is written otherwise once `itemId` stands behind them all. */
export function oldestTouched(entries: readonly SequenceEntry[], itemId: string): number {
  const oldest = Math.max(0, entries.length - reach);
  for (let place = entries.length - 1; place >= oldest; place--) if (entries[place]!.itemId === itemId) return place;
  return Math.max(0, entries.length - 1);
}

/** The bytes depend on newer entries alone: on the next and on the nearest with the same item. */
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
  writer.textNear(itemId, next?.itemId ?? '', distanceToSame(entries, place));
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
  const items: string[] = [];
  let time = newest;
  let type = '';
  for (let left = length; left > 0; left--) {
    const start = reader.at;
    const head = reader.unsigned();
    time -= Math.floor(head / 2);
    if (head % 2 === 1) type = decodeType(reader, types);
    const itemId = reader.textNear(items);
    items.push(itemId);
    entries.push({ time, hash: reader.word(), itemId, type });
    sizes.push(reader.at - start);
  }
  return { entries: entries.reverse(), sizes: sizes.reverse() };
}
