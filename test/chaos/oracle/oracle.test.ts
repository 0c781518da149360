import { describe, expect, it } from 'vitest';
import type { SentEvent } from '../../../services/shared/event.ts';
import { chaosSpec } from '../pipeline.ts';
import { createOracle } from './oracle.ts';
import type { Sent } from './verdict.ts';

/** By hand: what the rules say of a few events, so that the truth of the chaos test is not only believed. */
const { features } = chaosSpec({ kafka: 'k', redis: 'redis://r' });
const dueAt = Date.parse('2026-03-01T12:00:00.000Z');
const now = dueAt + 60_000;
const catalogue = new Map([['mug', { category: 'mugs' }]]);

const sent = (id: string, minutesAgo: number, more: Partial<SentEvent>): Sent => {
  const time = new Date(dueAt - minutesAgo * 60_000).toISOString();
  return { event: { id, time, type: 'view', userId: 'u', itemId: 'mug', ...more }, dueAt, imported: false };
};
const valuesOf = (ledger: readonly Sent[], profile = 'u') => {
  const attributes = createOracle(ledger, features, catalogue).attributes(profile, now);
  return Object.fromEntries(
    Object.entries(attributes).map(([name, said]) => [name, (said as { value: unknown }).value]),
  );
};

describe('the oracle', () => {
  it('counts, sums and averages within the window, in euros', () => {
    const money = { properties: { currency: 'USD' } };
    const values = valuesOf([
      sent('a', 6, {}),
      sent('b', 20, { type: 'purchase', value: 0.1, quantity: 2 }),
      sent('c', 22, { type: 'purchase', value: 0.2 }),
      sent('d', 21, { type: 'purchase', value: 10, ...money }),
      sent('e', 8, { type: 'cart', value: 3 }),
      sent('f', 34, {}),
    ]);
    expect(values).toMatchObject({
      views: 1,
      everything: 6,
      spend: 9.3,
      spendEver: 9.3,
      average: 12.3 / 4,
      least: 0.1,
      most: 2,
      sincePurchase: 21 * 60,
      categories: 1,
      conversion: 9.3 / 6,
      interests: [{ value: 'mugs', score: 19.5 }],
    });
  });

  it('follows links to their root and counts each event once', () => {
    const ledger = [
      sent('a', 10, { userId: null, anonymousId: 'device' }),
      sent('b', 9, { type: 'identify', anonymousId: 'device', itemId: null }),
      sent('c', 8, { type: 'identify', anonymousId: 'device', userId: 'later', itemId: null }),
      sent('d', 7, { userId: 'later' }),
      sent('e', 6, { type: 'alias', previousId: 'u', userId: 'new', itemId: null }),
    ];
    for (const member of ['device', 'u', 'new'])
      expect(valuesOf(ledger, member)).toMatchObject({ everything: 1, linked: 2 });
    expect(valuesOf(ledger, 'later')).toMatchObject({ everything: 1, linked: 1 });
  });

  it('survives a cycle', () => {
    const ledger = [
      sent('a', 10, { type: 'alias', userId: 'x', previousId: 'y', itemId: null }),
      sent('b', 9, { type: 'alias', userId: 'y', previousId: 'x', itemId: null }),
      sent('c', 8, { userId: 'x' }),
    ];
    for (const member of ['x', 'y']) expect(valuesOf(ledger, member)).toMatchObject({ everything: 1, linked: 2 });
  });

  it('says why an event is refused', () => {
    const late = sent('a', 90, {});
    const { refused, profiles } = createOracle([late, { ...late, imported: true }], features, catalogue);
    expect([...refused]).toEqual([['a', 'TooLate']]);
    expect([...profiles]).toEqual(['u']);
  });
});
