import { describe, expect, it } from 'vitest';
import { continueHistory } from './session.ts';

const now = Date.parse('2026-01-02T00:00:00Z');
const at = (itemId: string, time: number, type = 'view') => ({ itemId, type, time });
const all = { types: undefined, length: 50 };

describe('continueHistory', () => {
  it('puts the events into their place by time; without a time they are of now', () => {
    const stored = [at('a', 1000), at('c', 3000)];
    const events = [
      { itemId: 'd', type: 'view' },
      { itemId: 'b', type: 'cart', time: '1970-01-01T00:00:02.000Z' },
    ];
    expect(continueHistory(stored, events, all, now)).toEqual([
      ...stored.slice(0, 1),
      at('b', 2000, 'cart'),
      at('c', 3000),
      at('d', now),
    ]);
  });

  it('keeps the order given where times are equal, the stored ones first', () => {
    const events = ['b', 'c'].map((itemId) => ({ itemId, type: 'view' }));
    expect(continueHistory([at('a', now)], events, all, now).map(({ itemId }) => itemId)).toEqual(['a', 'b', 'c']);
  });

  it('ignores types that the history does not hold, and what the profile has already', () => {
    const stored = [at('a', 1000)];
    const events = [
      { itemId: 'a', type: 'view', time: '1970-01-01T00:00:01Z' },
      { itemId: 'b', type: 'search' },
    ];
    expect(continueHistory(stored, events, { types: new Set(['view']), length: 50 }, now)).toEqual(stored);
  });

  it('keeps the newest of them', () => {
    const events = [{ itemId: 'c', type: 'view' }];
    const history = continueHistory([at('a', 1), at('b', 2)], events, { types: undefined, length: 2 }, now);
    expect(history.map(({ itemId }) => itemId)).toEqual(['b', 'c']);
  });
});
