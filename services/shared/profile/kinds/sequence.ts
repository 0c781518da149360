/** sequence: the newest events that have an item, oldest first, as {itemId, type, time}. */
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

function encode(writer: StateWriter, entries: SequenceEntry[]): void {
  writer.unsigned(entries.length);
  for (const { time, hash, itemId, type } of entries) {
    writer.time(time);
    writer.label(type);
    writer.text(itemId);
    writer.word(hash);
  }
}

function decode(reader: StateReader): SequenceEntry[] {
  const entries: SequenceEntry[] = [];
  for (let left = reader.unsigned(); left > 0; left--) {
    const time = reader.time();
    const type = reader.label();
    const itemId = reader.text();
    entries.push({ time, hash: reader.word(), itemId, type });
  }
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
    value: (state) => state.map(({ itemId, type, time }) => ({ itemId, type, time: new Date(time).toISOString() })),
    encode,
    decode,
  }),
};
