/** The example source: its rows as events. */
import { describe, expect, it } from 'vitest';
import { convertOrder, type OrderRow } from './convert.ts';

const row: OrderRow = {
  order: 'A-1001',
  line: '1',
  placed_at: '2026-01-05 09:12:44+01:00',
  customer: 'c-17',
  session: '',
  sku: 'MUG-RED',
  title: 'Red mug',
  quantity: '3',
  unit_price: '0.10',
  currency: 'EUR',
  status: 'paid',
};

describe('convertOrder', () => {
  it('turns a paid line into a purchase, in UTC, worth quantity × price', () => {
    expect(convertOrder(row)).toEqual({
      id: 'A-1001/1/paid',
      type: 'purchase',
      userId: 'c-17',
      itemId: 'MUG-RED',
      time: '2026-01-05T08:12:44.000Z',
      value: 0.3,
      quantity: 3,
      item: { title: 'Red mug', price: 0.1 },
      properties: { order: 'A-1001', currency: 'EUR' },
      context: { source: 'orders-csv' },
    });
  });

  it('gives the same row the same id, and its refund another', () => {
    expect(convertOrder(row)?.id).toBe(convertOrder({ ...row })?.id);
    const refund = convertOrder({ ...row, status: 'refunded' });
    expect(refund).toMatchObject({ id: 'A-1001/1/refunded', type: 'return', value: 0.3 });
  });

  it('knows a guest by the session', () => {
    const event = convertOrder({ ...row, customer: '', session: 's-88' });
    expect(event).toMatchObject({ anonymousId: 's-88' });
    expect(event).not.toHaveProperty('userId');
  });

  it('leaves out what no customer did, and names a time that is none', () => {
    expect(convertOrder({ ...row, status: 'cancelled' })).toBeUndefined();
    expect(() => convertOrder({ ...row, placed_at: 'yesterday' })).toThrow('placed_at "yesterday" is no time');
  });
});
