/** What a profile says at a moment: provenance, the earliest moment, access to the history. */
import { describe, expect, test } from 'vitest';
import { attributesAt, earliestAsOf, sequenceOf } from './attributes.ts';
import { emptyProfile, updateProfile } from './profile.ts';
import { compiledTest as compiled, day, eventAt, origin, testDefinitions } from './test-events.ts';

const stateOf = (...events: ReturnType<typeof eventAt>[]) =>
  events.reduce((state, event) => updateProfile(compiled, state, event), emptyProfile(compiled));

test('an empty profile has every attribute, with nothing in it', () => {
  const attributes = attributesAt(compiled, emptyProfile(compiled), origin);
  expect(Object.keys(attributes).toSorted()).toEqual(testDefinitions.map(({ name }) => name).toSorted());
  const none = { time: null, provenance: { events: 0, newest: null } };
  expect(attributes).toMatchObject({
    views: { value: 0, ...none },
    spend: { value: 0, ...none },
    average: { value: null, ...none },
    most: { value: null, ...none },
    lastSeen: { value: null, ...none },
    sincePurchase: { value: null, ...none },
    brands: { value: 0, ...none },
    history: { value: [], ...none },
    interests: { value: [], ...none },
    conversion: { value: null, ...none },
  });
});

test('an attribute carries its definition, how many events it counted, and the newest of them', () => {
  const state = stateOf(eventAt(origin, { id: 'new' }), eventAt(origin - 30 * day, { id: 'old' }));
  const { views } = attributesAt(compiled, state, origin + 5 * day);
  const time = '2024-02-29T00:00:00.000Z';
  const { definition } = compiled.features.find(({ name }) => name === 'views')!;
  expect(views).toEqual({ value: 0, time, provenance: { definition, events: 2, newest: { time, id: 'new' } } });
});

describe('asOf', () => {
  const state = stateOf(eventAt(origin), eventAt(origin + 5, { type: 'cart' }), eventAt(origin - 5));

  test('may be the newest event, not a millisecond before it', () => {
    expect(earliestAsOf(state)).toBe(origin + 5);
    expect(() => attributesAt(compiled, state, origin + 5)).not.toThrow();
    expect(() => attributesAt(compiled, state, origin + 4)).toThrow(
      expect.objectContaining({
        code: 'AsOfBeforeState',
        message: expect.stringContaining('2024-02-29T00:00:00.005Z'),
      }),
    );
  });

  test('may be anything for a profile without events', () => {
    expect(earliestAsOf(emptyProfile(compiled))).toBeUndefined();
    expect(() => attributesAt(compiled, emptyProfile(compiled), -1e14)).not.toThrow();
  });
});

test('a history is read by name, oldest first', () => {
  const state = stateOf(eventAt(origin + 1, { itemId: 'b' }), eventAt(origin, { itemId: 'a', type: 'purchase' }));
  expect(sequenceOf(compiled, state, 'history')).toMatchObject([
    { itemId: 'a', type: 'purchase', time: origin },
    { itemId: 'b', type: 'view', time: origin + 1 },
  ]);
  for (const name of ['spend', 'interests', 'nothing'])
    expect(() => sequenceOf(compiled, state, name)).toThrow(expect.objectContaining({ code: 'NotFound' }));
});
