/** Bounded states stay functions of the set of events above their bounds as below them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { featuresSchema } from '../../../crds/features.ts';
import type { CleanEvent } from '../event.ts';
import { idHash64 } from '../id-hash.ts';
import { attributesAt } from './attributes.ts';
import { decodeProfile, encodeProfile } from './codec.ts';
import { compileFeatures } from './compile.ts';
import { emptyProfile, mergeProfiles, updateProfile, type ProfileState } from './profile.ts';
import { day, eventAt, hour, origin } from './test-events.ts';

const overflows: string[] = [];
const compiled = compileFeatures(
  featuresSchema.parse([
    { name: 'interests', interest: { of: 'item.category', halfLife: '24h', top: 256 } },
    { name: 'brands', distinct: { of: 'item.brand', window: '2h', pane: '1h' } },
    { name: 'views', count: { window: '2h', pane: '1h' } },
    { name: 'history', sequence: { length: 50 } },
  ]),
  [],
  { onOverflow: (name) => overflows.push(name) },
);

const feed = (events: readonly CleanEvent[]): ProfileState =>
  events.reduce((state, event) => updateProfile(compiled, state, event), emptyProfile(compiled));
const encode = (state: ProfileState): Buffer => encodeProfile(compiled, state);
const bytesOf = (state: ProfileState): string => encode(state).toString('hex');
const valueAt = (state: ProfileState, name: string, now: number) => attributesAt(compiled, state, now)[name]!;

const numbered = (count: number, time = origin): CleanEvent[] =>
  Array.from({ length: count }, (_, i) => {
    const item = { category: `c${i}`, brand: `b${i}` };
    return eventAt(time, { id: `e${time}-${i}`, itemId: `i${i}`, item });
  });

/** A permutation of so many places. */
const permutation = (count: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray([...Array(count).keys()], { minLength: count });

test.each([255, 256, 257, 400])('%i values a pane and day: any order, any two parts, the same bytes', (count) => {
  const events = numbered(count);
  const whole = bytesOf(feed(events));
  fc.assert(
    fc.property(permutation(count), fc.nat({ max: count }), (places, cut) => {
      const order = places.map((place) => events[place]!);
      const [a, b] = [feed(order.slice(0, cut)), feed(order.slice(cut))];
      expect(bytesOf(feed(order))).toBe(whole);
      expect(bytesOf(mergeProfiles(compiled, a, b))).toBe(whole);
      expect(bytesOf(mergeProfiles(compiled, b, decodeProfile(compiled, encode(a))))).toBe(whole);
    }),
    { numRuns: 15 },
  );
});

test('long histories have the same bytes, whether written after each event, read again, or written once', () => {
  const events = Array.from({ length: 600 }, (_, i) => {
    const item = { category: `c${(i * 7) % (i < 300 ? 9 : 23)}`, brand: `b${i % 5}` };
    const time = origin + Math.floor(i / 40) * day - (i % 11 === 0 ? 2 * day : 0) + i;
    return eventAt(time, { id: `w${i}`, type: i % 3 === 0 ? 'cart' : 'view', itemId: `i${(i * 31) % 60}`, item });
  });
  let state = emptyProfile(compiled);
  for (const [index, event] of events.entries()) {
    const bytes = encode(updateProfile(compiled, state, event));
    if (index % 7 === 0) expect(bytes).toEqual(encode(feed(events.slice(0, index + 1))));
    if (index % 50 === 49) state = decodeProfile(compiled, bytes);
  }
});

describe('interest', () => {
  const kept = (events: CleanEvent[], now = origin): string[] =>
    (valueAt(feed(events), 'interests', now).value as { value: string }[]).map(({ value }) => value).toSorted();

  test('keeps per day the 256 values of smallest hash, with all their events', () => {
    const events = numbered(300).flatMap((event) => [event, { ...event, id: `${event.id}'`, type: 'cart' }]);
    const byHash = events
      .map(({ item }) => item!.category!)
      .filter((value, place, all) => all.indexOf(value) === place)
      .map((value) => ({
        value,
        hash: idHash64(value)
          .map((half) => half.toString(16).padStart(8, '0'))
          .join(''),
      }))
      .toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
    const expected = byHash.slice(0, 256).map(({ value }) => value);
    expect(kept(events)).toEqual(expected.toSorted());
    const scores = valueAt(feed(events), 'interests', origin).value as { score: number }[];
    expect(new Set(scores.map(({ score }) => score))).toEqual(new Set([2]));
  });

  test('keeps the days within 10 half-lives of the newest, and values use those within 10 of now', () => {
    const seen = (ages: number[], now = origin): string[] =>
      kept(
        ages.map((age) => eventAt(origin - age * day, { item: { category: `${age}` } })),
        now,
      );
    expect(seen([0, 9, 10])).toEqual(['0', '9']);
    expect(seen([10, 9])).toEqual(['9']);
    expect(seen([0, 9], origin + day)).toEqual(['0']);
    expect(bytesOf(feed([eventAt(origin, { item: { category: 'x' } })])).length).toBeLessThan(200);
  });

  test('an event of today counts in full, one of a day that ended a half-life ago counts half', () => {
    const state = feed([eventAt(origin, { item: { category: 'x' } })]);
    const scoreAt = (now: number): unknown => valueAt(state, 'interests', now).value;
    expect(scoreAt(origin + day)).toEqual([{ value: 'x', score: 1 }]);
    expect(scoreAt(origin + 2 * day)).toEqual([{ value: 'x', score: 0.5 }]);
    expect(scoreAt(origin + 3 * day)).toEqual([{ value: 'x', score: 0.25 }]);
  });
});

describe('distinct', () => {
  test('is exact up to 256 values a pane, however many the panes have together', () => {
    const events = [...numbered(256), ...numbered(256, origin + hour).map((event) => renamed(event))];
    const { value, approximate } = valueAt(feed(events), 'brands', origin + hour);
    expect([value, approximate]).toEqual([512, undefined]);
  });

  test('is an estimate, and says so, while the window has a pane with more', () => {
    for (const count of [257, 1000, 20_000]) {
      const state = feed(numbered(count));
      const { value, approximate } = valueAt(state, 'brands', origin);
      expect(approximate).toBe(true);
      expect(Math.abs((value as number) / count - 1)).toBeLessThan(4 * 0.023);
    }
  });

  test('is exact again once that pane has left the window', () => {
    const state = feed([...numbered(300), ...numbered(3, origin + hour)]);
    expect(valueAt(state, 'brands', origin + hour).approximate).toBe(true);
    const { value, approximate } = valueAt(state, 'brands', origin + 2 * hour);
    expect([value, approximate]).toEqual([3, undefined]);
  });
});

const renamed = (event: CleanEvent): CleanEvent => ({ ...event, item: { brand: `other ${event.item!.brand}` } });

test('overflows are reported by feature, and only overflows', () => {
  overflows.length = 0;
  feed(numbered(256));
  expect(overflows).toEqual([]);
  feed(numbered(258));
  expect(overflows.filter((name) => name === 'brands')).toHaveLength(1);
  expect(overflows.filter((name) => name === 'interests')).toHaveLength(2);
});

test('a sequence keeps the newest 50 in the order of time, then hash', () => {
  const events = [...numbered(40), ...numbered(40, origin + 1)];
  const history = valueAt(feed(events), 'history', origin + 1).value as { itemId: string }[];
  const byHash = (time: number): string[] =>
    numbered(40, time)
      .toSorted((a, b) => idHash64(a.id)[0] - idHash64(b.id)[0])
      .map(({ itemId }) => itemId!);
  expect(history.map(({ itemId }) => itemId)).toEqual([...byHash(origin).slice(-10), ...byHash(origin + 1)]);
});

test('a profile does not grow with its history', () => {
  const cycle = (events: number): number => {
    const state = emptyProfile(compiled);
    for (let i = 0; i < events; i++) {
      const item = { category: `c${i % 20}`, brand: `b${i % 20}` };
      updateProfile(compiled, state, eventAt(origin + i * 60_000, { id: `${i}`, itemId: `i${i % 100}`, item }));
    }
    return encode(state).length;
  };
  expect(cycle(60_000)).toBeLessThan(cycle(20_000) * 1.02);
});
