/** A state is a function of the set of events: any order, any batching, any merging, the same bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CleanEvent } from '../event.ts';
import { decodeProfile, encodeProfile } from './codec.ts';
import { compileFeatures } from './compile.ts';
import { emptyProfile, mergeProfiles, updateProfile, type ProfileState } from './profile.ts';
import { compiledTest as compiled, contentOf, eventAt, eventSets, hour, origin } from './test-events.ts';

function stateOf(events: readonly CleanEvent[]): ProfileState {
  return events.reduce((state, event) => updateProfile(compiled, state, event), emptyProfile(compiled));
}

const bytesOf = (state: ProfileState): string => encodeProfile(compiled, state).toString('hex');
const reloaded = (state: ProfileState): ProfileState => decodeProfile(compiled, encodeProfile(compiled, state));
const merge = (a: ProfileState, b: ProfileState): ProfileState => mergeProfiles(compiled, a, b);

/** Events, one of their orders, and a part (0 to 3) for each. */
const shuffled = eventSets(40).chain((events) =>
  fc.tuple(
    fc.constant(events),
    fc.shuffledSubarray(events, { minLength: events.length }),
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: events.length, maxLength: events.length }),
  ),
);

const partsOf = (events: readonly CleanEvent[], parts: readonly number[]): ProfileState[] =>
  [0, 1, 2, 3].map((part) => stateOf(events.filter((_, place) => parts[place] === part)));

describe('a set of events', () => {
  test('gives the same bytes in any order', () => {
    fc.assert(
      fc.property(shuffled, ([events, order]) => bytesOf(stateOf(order)) === bytesOf(stateOf(events))),
      { numRuns: 200 },
    );
  });

  test('gives the same bytes when the state is stored and read again at any point', () => {
    const step = (state: ProfileState, event: CleanEvent, store: boolean): ProfileState =>
      updateProfile(compiled, store ? reloaded(state) : state, event);
    fc.assert(
      fc.property(shuffled, ([events, order, stores]) => {
        const stored = order.reduce((state, event, i) => step(state, event, stores[i]! > 1), emptyProfile(compiled));
        expect(bytesOf(stored)).toBe(bytesOf(stateOf(events)));
      }),
      { numRuns: 200 },
    );
  });

  test('gives the same bytes when its parts are merged in any shape', () => {
    fc.assert(
      fc.property(shuffled, ([events, order, parts]) => {
        const [a, b, c, d] = partsOf(order, parts) as [ProfileState, ProfileState, ProfileState, ProfileState];
        const whole = bytesOf(stateOf(events));
        expect(bytesOf(merge(merge(merge(a, b), c), d))).toBe(whole);
        expect(bytesOf(merge(merge(d, c), merge(b, a)))).toBe(whole);
        expect(bytesOf(merge(c, merge(reloaded(b), merge(d, reloaded(a)))))).toBe(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('gives the same bytes where hashes of ids collide', () => {
    const collidingAt = (time: number) =>
      fc
        .tuple(fc.constantFrom('p', 'q', '\uffee', '\u{1f600}'), fc.constantFrom('view', 'purchase'), fc.nat(3))
        .map(([itemId, type, value]) => eventAt(time, { itemId, type, value }));
    const events = fc
      .array(fc.constantFrom(origin, origin + 1).chain(collidingAt), { maxLength: 12 })
      .map((each) => each.map((event, index): CleanEvent => ({ ...event, id: `${index}` })));
    const feed = (each: readonly CleanEvent[]): ProfileState =>
      each.reduce((state, event) => updateProfile(compiled, state, event, [1, 1]), emptyProfile(compiled));
    const orders = events.chain((each) =>
      fc.tuple(fc.constant(each), fc.shuffledSubarray(each, { minLength: each.length })),
    );
    fc.assert(
      fc.property(orders, ([each, order]) => bytesOf(feed(order)) === bytesOf(feed(each))),
      { numRuns: 200 },
    );
  });
});

describe('merging', () => {
  test('has the empty profile as neutral element, on both sides', () => {
    fc.assert(
      fc.property(eventSets(20), (events) => {
        const state = stateOf(events);
        expect(bytesOf(merge(state, emptyProfile(compiled)))).toBe(bytesOf(state));
        expect(bytesOf(merge(emptyProfile(compiled), state))).toBe(bytesOf(state));
      }),
    );
  });

  test('changes neither state, and later updates of either do not reach the result', () => {
    fc.assert(
      fc.property(eventSets(20), eventSets(20), eventSets(10), (left, right, more) => {
        const [a, b] = [stateOf(left), stateOf(right)];
        const before = [bytesOf(a), bytesOf(b)];
        const merged = merge(a, b);
        expect([bytesOf(a), bytesOf(b)]).toEqual(before);
        const mergedBytes = bytesOf(merged);
        for (const event of more) [a, b].forEach((state) => updateProfile(compiled, state, event));
        expect(bytesOf(merged)).toBe(mergedBytes);
        for (const event of more) updateProfile(compiled, merged, event);
        expect(bytesOf(a)).toBe(bytesOf(stateOf([...left, ...more])));
      }),
    );
  });
});

describe('what is counted', () => {
  const counted = (events: CleanEvent[], name: string): number =>
    stateOf(events).counted[compiled.features.findIndex((feature) => feature.name === name)]!;

  test('an event without the field is not', () => {
    expect(counted([eventAt(origin), eventAt(origin + 1, { value: 1 })], 'spendEver')).toBe(1);
    expect(counted([eventAt(origin), eventAt(origin + 1, { itemId: 'a' })], 'history')).toBe(1);
    expect(counted([eventAt(origin, { value: 1_000_000_001 })], 'most')).toBe(0);
  });

  test('an event whose field is only inherited is not', () => {
    const named = ['properties.constructor.name', 'properties.toString.name', 'properties.a.length'];
    const inherited = compileFeatures(
      named.map((field, i) => ({ name: `f${i}`, last: { field } })),
      [],
    );
    const state = updateProfile(inherited, emptyProfile(inherited), eventAt(origin, { properties: { a: 'text' } }));
    expect(state.counted).toEqual([0, 0, 0]);
  });

  test('identify and alias only by features that name them', () => {
    const events = [eventAt(origin, { type: 'identify' }), eventAt(origin + 1, { type: 'alias' }), eventAt(origin + 2)];
    expect(counted(events, 'all')).toBe(1);
    expect(counted(events, 'links')).toBe(2);
  });

  test('an event that makes a link only in the copy of its target', () => {
    const link = { type: 'identify', userId: 'u', anonymousId: 'a' };
    expect(counted([eventAt(origin, { ...link, profile: 'a' })], 'links')).toBe(0);
    expect(counted([eventAt(origin, { ...link, profile: 'u' })], 'links')).toBe(1);
  });

  test('an event too old for its window, which changes no value', () => {
    const events = [eventAt(origin), eventAt(origin - 100 * hour)];
    expect(counted(events, 'views')).toBe(2);
  });

  test('nothing, where the time cannot be read', () => {
    const state = stateOf([eventAt(origin)]);
    const before = bytesOf(state);
    expect(() => updateProfile(compiled, state, { ...eventAt(origin), time: 'yesterday' })).toThrow(
      expect.objectContaining({ code: 'BadData' }),
    );
    expect(bytesOf(state)).toBe(before);
  });
});

test('an id, item or value with half a surrogate pair is the same before and after it was stored', () => {
  const broken = { id: 'e\ud800', itemId: 'i\udc00', item: { category: 'c\ud800', brand: 'b\ud800' } };
  const state = stateOf([eventAt(origin, broken), eventAt(origin, { ...broken, id: 'f\ud800' })]);
  expect(bytesOf(reloaded(state))).toBe(bytesOf(state));
  expect(contentOf(compiled, reloaded(state))).toEqual(contentOf(compiled, state));
});
