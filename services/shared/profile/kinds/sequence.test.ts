/** The bytes of a sequence are those of its entries, however much of them was copied from the last time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CleanEvent } from '../../event.ts';
import { stateEvent } from '../order.ts';
import { StateReader } from '../state-reader.ts';
import { StateWriter } from '../state-writer.ts';
import { eventAt, origin } from '../test-events.ts';
import { sequence } from './sequence.ts';
import type { Sequence } from './sequence-state.ts';

type Kind = ReturnType<typeof sequence.compile>;

const writer = new StateWriter();
const context = { name: 'history', weightOf: () => 1, overflow: () => undefined };
const kindOf = (length: number, events?: readonly string[]): Kind => sequence.compile({ length, events }, context);

/** Whatever is written is kept, behind some other bytes as in a profile. */
function bytesOf(kind: Kind, state: Sequence): string {
  writer.reset();
  kind.encode(writer, state);
  const bytes = writer.finish();
  kind.kept!(state, Buffer.concat([Buffer.from('before'), bytes]), 'before'.length);
  return bytes.toString('hex');
}

function decode(kind: Kind, bytes: string): Sequence {
  const buffer = Buffer.from(bytes, 'hex');
  const reader = new StateReader(buffer);
  const state = kind.decode(reader);
  reader.finish();
  kind.kept!(state, buffer, 0);
  return state;
}

const feed = (kind: Kind, events: readonly CleanEvent[], state = kind.empty()): Sequence =>
  events.reduce((before, event) => kind.update(before, stateEvent(event))!, state);

/** Mostly in order, with items that come again at every distance, and neighbours that begin alike. */
const steps = fc.array(
  fc.record({
    wait: fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.integer({ min: -20, max: 0 }) }),
    item: fc.oneof(
      fc.nat(4).map(String),
      fc.nat(60).map((number) => `sku-${number}`),
      fc.constant('\u{1f600}'),
    ),
    type: fc.constantFrom('view', 'cart', 'unheard', '\u{1f600}'),
    write: fc.boolean(),
  }),
  { maxLength: 120, size: 'max' },
);
const kinds = fc
  .tuple(fc.constantFrom(1, 2, 3, 5, 40), fc.constantFrom(undefined, ['cart', 'view']))
  .map(([length, events]): Kind => kindOf(length, events));

test('writing in between, and reading again, make no difference', () => {
  fc.assert(
    fc.property(kinds, steps, (kind, each) => {
      let time = origin;
      const events = each.map(({ wait, item, type }, index) =>
        eventAt((time += wait), { id: `e${index}`, itemId: item, type }),
      );
      let written = kind.empty();
      events.forEach((event, index) => {
        feed(kind, [event], written);
        if (!each[index]!.write) return;
        const fresh = feed(kind, events.slice(0, index + 1));
        expect(bytesOf(kind, written)).toBe(bytesOf(kind, fresh));
        const read = decode(kind, bytesOf(kind, fresh));
        expect(read.entries).toEqual(written.entries);
        // Either goes on: as it was, or as it was read.
        if (index % 2 === 0) written = read;
      });
    }),
    { numRuns: 200 },
  );
});

describe('bytes', () => {
  const size = (items: readonly string[], type = 'view'): number => {
    const kind = kindOf(50, ['view']);
    const events = items.map((itemId, index) => eventAt(origin, { id: `${index}`, itemId, type }));
    return bytesOf(kind, feed(kind, events)).length / 2;
  };
  test('of an item that stands beside itself are 7, whatever it is called', () => {
    const item = `item ${'x'.repeat(100)}`;
    expect(size([item, item])).toBe(size([item]) + 7);
  });

  test('of a type that the feature names are 1', () => {
    expect(size(['a'], 'another')).toBe(size(['a']) + 1 + 'another'.length);
  });
});

test('a form of text that nobody writes is refused', () => {
  const kind = kindOf(50);
  const bytes = bytesOf(kind, feed(kind, [eventAt(origin, { itemId: 'a' })]));
  const damaged = bytes.replace(/0461(.{8})$/, '0561$1');
  expect(damaged).not.toBe(bytes);
  expect(() => decode(kind, damaged)).toThrow(expect.objectContaining({ code: 'BadData' }));
});
