/** sequence: the newest events that have an item, oldest first, as {itemId, time, type}. */
import { isoTime } from '../iso-time.ts';
import type { StateEvent } from '../order.ts';
import type { FeatureKind } from './kind.ts';
import { usualTypes } from './named-types.ts';
import { compareEntries, type SequenceEntry } from './sequence-entry.ts';
import { Sequence } from './sequence-state.ts';

interface SequenceDefinition {
  readonly events?: readonly string[] | undefined;
  readonly length: number;
}

function entryOf({ event, order, time }: StateEvent): SequenceEntry | undefined {
  const { itemId } = event;
  if (typeof itemId !== 'string') return undefined;
  return { time, hash: order.hi, itemId: itemId.toWellFormed(), type: event.type.toWellFormed() };
}

export const sequence: FeatureKind<SequenceDefinition, Sequence> = {
  version: 3,
  compile: ({ events: types = usualTypes, length }) => ({
    empty: () => new Sequence(),
    update(state, at) {
      const entry = entryOf(at);
      if (entry === undefined) return undefined;
      state.insert(entry, length);
      return state;
    },
    merge: (a, b) => new Sequence([...a.entries, ...b.entries].toSorted(compareEntries).slice(-length)),
    value: ({ entries }) => entries.map(({ itemId, time, type }) => ({ itemId, time: isoTime(time), type })),
    encode: (writer, state) => state.encode(writer, types),
    decode: (reader) => Sequence.decode(reader, types),
    kept: (state, bytes, start) => state.kept(bytes, start),
  }),
};
