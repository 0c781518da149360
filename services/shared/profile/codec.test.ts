/** The bytes of a profile: compact, the same after a round, and never taken for what they are not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveSpec } from '../../../crds/effective.ts';
import { specSchema } from '../../../crds/pipeline.ts';
import type { CleanEvent } from '../event.ts';
import { decodeProfile, encodeProfile } from './codec.ts';
import { compileFeatures } from './compile.ts';
import { emptyProfile, mergeProfiles, updateProfile, type ProfileState } from './profile.ts';
import {
  compiledTest as compiled,
  contentOf,
  day,
  eventAt,
  eventSets,
  hour,
  origin,
  testDefinitions,
} from './test-events.ts';

const feed = (events: readonly CleanEvent[], features = compiled): ProfileState =>
  events.reduce((state, event) => updateProfile(features, state, event), emptyProfile(features));

const link = { type: 'identify', userId: 'u', anonymousId: 'a\u{1f600}' };
const linkEvents = (['u', 'a\u{1f600}'] as const).map((profile) => eventAt(origin, { ...link, profile }));

test('decode gives back what was encoded', () => {
  fc.assert(
    fc.property(eventSets(30), fc.subarray(linkEvents), (events, links) => {
      const state = feed([...events, ...links]);
      const bytes = encodeProfile(compiled, state);
      const decoded = decodeProfile(compiled, bytes);
      expect(contentOf(compiled, decoded)).toEqual(contentOf(compiled, state));
      expect(encodeProfile(compiled, decoded)).toEqual(bytes);
    }),
    { numRuns: 200 },
  );
});

test('bytes already returned stay as they are when the writer is used again', () => {
  const bytes = encodeProfile(compiled, feed([eventAt(origin, { itemId: 'a' })]));
  const before = Buffer.from(bytes);
  encodeProfile(compiled, feed([eventAt(origin + 5, { itemId: 'b' })]));
  expect(bytes).toEqual(before);
});

test('bytes may be a view into a larger buffer', () => {
  const state = feed([eventAt(origin, { itemId: 'a', value: 1.5, properties: { mixed: 0.1 } })]);
  const bytes = encodeProfile(compiled, state);
  const larger = new Uint8Array([1, 2, 3, ...bytes, 4]);
  const decoded = decodeProfile(compiled, larger.subarray(3, 3 + bytes.length));
  expect(contentOf(compiled, decoded)).toEqual(contentOf(compiled, state));
});

describe('refused with DefinitionChanged', () => {
  const bytes = encodeProfile(compiled, feed([eventAt(origin)]));

  test('what other definitions wrote', () => {
    const other = compileFeatures(
      testDefinitions.filter(({ name }) => name !== 'all'),
      [],
    );
    expect(() => decodeProfile(other, bytes)).toThrow(expect.objectContaining({ code: 'DefinitionChanged' }));
  });

  test('what another version wrote', () => {
    const other = Buffer.from(bytes);
    other[0] = 1;
    expect(() => decodeProfile(compiled, other)).toThrow(expect.objectContaining({ code: 'DefinitionChanged' }));
  });
});

test('bytes cut short or with more behind them are BadData, never a state', () => {
  fc.assert(
    fc.property(eventSets(10), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (events, part) => {
      const bytes = encodeProfile(compiled, feed(events));
      const cut = Math.max(5, Math.floor(bytes.length * part));
      const damaged = [bytes.subarray(0, cut), Buffer.concat([bytes, Buffer.from([0])])];
      for (const each of damaged)
        if (each.length !== bytes.length)
          expect(() => decodeProfile(compiled, each)).toThrow(expect.objectContaining({ code: 'BadData' }));
    }),
  );
});

describe('damage within a segment', () => {
  const events = [
    eventAt(origin, { itemId: 'a', value: 2, item: { category: 'c' } }),
    eventAt(origin + 5, { value: 1 }),
  ];
  const history = compiled.features.findIndex(({ name }) => name === 'history');

  function damaged(): { state: ProfileState; bytes: Buffer } {
    const whole = feed(events);
    const bytes = Buffer.from(encodeProfile(compiled, whole));
    bytes[whole.segments.starts[history]!] = 0x7f; // Says that there are more entries than can be.
    return { state: decodeProfile(compiled, bytes), bytes };
  }

  test('is BadData for whoever reads that feature, and the event that does changes nothing', () => {
    const { state, bytes } = damaged();
    const badData = expect.objectContaining({ code: 'BadData' });
    expect(() => updateProfile(compiled, state, eventAt(origin + 9))).toThrow(badData);
    expect(() => contentOf(compiled, state)).toThrow(badData);
    expect(() => mergeProfiles(compiled, state, emptyProfile(compiled))).toThrow(badData);
    expect(encodeProfile(compiled, state)).toEqual(bytes);
  });

  test('is BadData where a segment is longer than what is in it', () => {
    const whole = feed(events);
    const state = decodeProfile(compiled, encodeProfile(compiled, whole));
    const last = compiled.features.length - 1;
    const place = whole.counted.findLastIndex((counted, at) => at < last && counted > 0);
    state.segments.sizes[place]! += 1;
    expect(() => contentOf(compiled, state)).toThrow(expect.objectContaining({ code: 'BadData' }));
  });

  test('does not stop events of other features', () => {
    const state = updateProfile(compiled, damaged().state, eventAt(origin + 9, { type: 'identify' }));
    expect(state.counted[compiled.features.findIndex(({ name }) => name === 'links')]).toBe(1);
  });
});

test('writing after each event, reading again now and then, gives the bytes of writing once', () => {
  fc.assert(
    fc.property(eventSets(30), fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (events, reads) => {
      let state = emptyProfile(compiled);
      events.forEach((event, index) => {
        const bytes = encodeProfile(compiled, updateProfile(compiled, state, event));
        expect(bytes).toEqual(encodeProfile(compiled, feed(events.slice(0, index + 1))));
        if (reads[index]) state = decodeProfile(compiled, bytes);
      });
    }),
  );
});

describe('the preset’s profiles are small', () => {
  const spec = effectiveSpec(specSchema.parse({}));
  const shop = compileFeatures(spec.features, spec.events);
  const size = (events: CleanEvent[]): number => encodeProfile(shop, feed(events, shop)).length;
  const categories = ['bags', 'mugs', 'lamps', 'cards', 'toys'];
  const item = (i: number) => ({ category: categories[i % 5]!, title: 'left out', price: 2 });

  test('a customer of 40 lines in 4 invoices takes at most 600 bytes', () => {
    const lines = Array.from({ length: 40 }, (_, i) => {
      const itemId = String(20_000 + ((i * 7919) % 3000)) + (i % 7 === 0 ? 'A' : '');
      const time = origin + Math.floor(i / 10) * 20 * day;
      return eventAt(time, {
        type: 'purchase',
        id: `${400_000 + i}`,
        itemId,
        value: 12.75 + i,
        quantity: 6,
        item: item(i),
      });
    });
    expect(size(lines)).toBeLessThanOrEqual(600);
  });

  test('a visitor of 200 clicks over two weeks takes at most 1,000 bytes', () => {
    const clicks = Array.from({ length: 200 }, (_, i) => {
      const type = i % 10 === 9 ? 'purchase' : i % 5 === 4 ? 'cart' : 'view';
      const time = origin + Math.floor(i / 20) * 33 * hour + (i % 20) * 47_311;
      const id = `0b5a81ae-4b6d-4b1f-9c43-${String(i).padStart(12, '0')}`;
      return eventAt(time, { type, id, itemId: `sku-${1000 + ((i * 31) % 25)}`, value: 9.95, item: item(i) });
    });
    expect(size(clicks)).toBeLessThanOrEqual(1000);
  });

  test('a profile without any event takes less than 30 bytes', () => expect(size([])).toBeLessThan(30));
});
