/** sequence: the newest events that have an item, oldest first, as {itemId, time, type}. */
import { isoTime } from '../iso-time.ts';
import { compareBytes, type StateEvent } from '../order.ts';
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import type { FeatureKind } from './kind.ts';

/** `hash`: the first four bytes of the id's hash, which is all that orders events of one time and is kept for that. */
export interface SequenceEntry {
  readonly time: number;
  readonly hash: number;
  readonly itemId: string;
  readonly type: string;
}

interface SequenceDefinition {
  readonly length: number;
}

/** By time, hash, item, type: entries that are equal in all four cannot be told apart at all. */
function compareEntries(a: SequenceEntry, b: SequenceEntry): number {
  return a.time - b.time || a.hash - b.hash || compareBytes(a.itemId, b.itemId) || compareBytes(a.type, b.type);
}

function insert(entries: SequenceEntry[], entry: SequenceEntry, length: number): void {
  let place = entries.length;
  while (place > 0 && compareEntries(entries[place - 1]!, entry) > 0) place--;
  if (entries.length < length) entries.splice(place, 0, entry);
  else if (place > 0) {
    entries.copyWithin(0, 1, place);
    entries[place - 1] = entry;
  }
}

function entryOf({ event, order, time }: StateEvent): SequenceEntry | undefined {
  const { itemId } = event;
  if (typeof itemId !== 'string') return undefined;
  return { time, hash: order.hi, itemId: itemId.toWellFormed(), type: event.type.toWellFormed() };
}

/** Times ascend and types repeat: an entry of the same time and type as the one before spends one byte on both. */
function encode(writer: StateWriter, entries: readonly SequenceEntry[]): void {
  writer.unsigned(entries.length);
  if (entries.length > 0) writer.time(entries[0]!.time);
  let before = '';
  for (const { time, hash, itemId, type } of entries) {
    writer.unsigned((time - writer.lastTime) * 2 + (type === before ? 0 : 1));
    writer.lastTime = time;
    if (type !== before) writer.label(type);
    before = type;
    writer.text(itemId);
    writer.word(hash);
  }
}

function decode(reader: StateReader): SequenceEntry[] {
  const entries: SequenceEntry[] = [];
  const length = reader.unsigned();
  let time = length > 0 ? reader.time() : 0;
  let type = '';
  for (let left = length; left > 0; left--) {
    const head = reader.unsigned();
    time += Math.floor(head / 2);
    if (head % 2 === 1) type = reader.label();
    const itemId = reader.text();
    entries.push({ time, hash: reader.word(), itemId, type });
  }
  if (length > 0) reader.lastTime = time;
  return entries;
}

export const sequence: FeatureKind<SequenceDefinition, SequenceEntry[]> = {
  version: 1,
  compile: ({ length }) => ({
    empty: () => [],
    update(state, at) {
      const entry = entryOf(at);
      if (entry === undefined) return undefined;
      insert(state, entry, length);
      return state;
    },
    merge: (a, b) => [...a, ...b].toSorted(compareEntries).slice(-length),
    value: (state) => state.map(({ itemId, time, type }) => ({ itemId, time: isoTime(time), type })),
    encode,
    decode,
  }),
};
