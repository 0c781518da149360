/** The example step: what it changes, what it refuses, what it leaves alone. */
import { describe, expect, it } from 'vitest';
import { encodeClean } from '../../services/cleaner/clean-line.ts';
import type { Draft } from '../../services/cleaner/step.ts';
import { createNegativePurchaseStep } from './negative-purchase.ts';

const time = '2026-01-05T12:00:00.000Z';
const purchase: Draft = {
  id: 'e-1',
  type: 'purchase',
  userId: 'u-7',
  itemId: 'sku-1',
  time,
  ingestedAt: time,
  receivedAt: time,
  value: 9.95,
  quantity: 1,
};
const context = { catalogue: { get: () => undefined } };
const step = createNegativePurchaseStep();

describe('a purchase of a negative amount', () => {
  it('becomes a return', () => {
    const sent = { ...purchase, value: -9.95, quantity: -1 };
    expect(step(sent, context)).toEqual({ kind: 'ok', value: { ...purchase, type: 'return' } });
    expect(sent.type).toBe('purchase');
  });

  it('becomes a return without the amount that it does not have', () => {
    const { quantity: _, ...noQuantity } = purchase;
    expect(step({ ...noQuantity, value: -9.95 }, context)).toEqual({
      kind: 'ok',
      value: { ...noQuantity, type: 'return' },
    });
  });

  it('is written as what it became', () => {
    const sent = { ...purchase, value: -9.95, quantity: -1 };
    const result = step(sent, context);
    const line = result.kind === 'ok' ? encodeClean(JSON.stringify(sent), sent, result.value)('u-7') : '';
    expect(JSON.parse(line)).toEqual({ ...purchase, type: 'return', profile: 'u-7' });
  });
});

describe('everything else', () => {
  it('stays the very same object', () => {
    const result = step(purchase, context);
    expect(result.kind === 'ok' && result.value).toBe(purchase);
  });

  it('is refused if it is negative', () => {
    expect(step({ ...purchase, type: 'cart', quantity: -2 }, context)).toEqual({
      kind: 'deadLetter',
      reason: 'ValueOutOfRange',
      detail: 'a cart of a negative value or quantity',
    });
  });
});
