/** The traps of the Online Retail file, one by one. */
import { describe, expect, it } from 'vitest';
import { categoryOf } from './categories.ts';
import { convertRow, type RetailRow } from './convert.ts';
import { readSample } from './read.ts';

const row: RetailRow = {
  InvoiceNo: '536365',
  StockCode: '85123a',
  Description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  Quantity: '6',
  InvoiceDate: '2010-12-01 08:26:00',
  UnitPrice: '2.55',
  CustomerID: '17850.0',
  Country: 'United Kingdom',
};

describe('convertRow', () => {
  it('turns a line of an invoice into a purchase worth quantity × price', () => {
    expect(convertRow(row, 2)).toMatchObject({
      id: '2',
      type: 'purchase',
      userId: '17850',
      itemId: '85123A',
      time: '2010-12-01T08:26:00.000Z',
      value: 15.3,
      quantity: 6,
      item: { category: 'lighting', price: 2.55 },
    });
  });

  it('turns a line of a cancelled invoice into a return of positive value', () => {
    const event = convertRow({ ...row, InvoiceNo: 'C536379', Quantity: '-1' }, 3);
    expect(event).toMatchObject({ type: 'return', value: 2.55, quantity: 1 });
  });

  it('takes the invoice for the anonymous visitor where there is no customer', () => {
    const event = convertRow({ ...row, CustomerID: '' }, 4);
    expect(event).toMatchObject({ anonymousId: 'invoice-536365' });
    expect(event).not.toHaveProperty('userId');
  });

  it.each([
    ['notAnItem', { StockCode: 'POST' }],
    ['notAnItem', { StockCode: 'BANK CHARGES' }],
    ['adjustment', { Quantity: '-10' }],
    ['noPrice', { UnitPrice: '0.0' }],
    ['noPrice', { UnitPrice: '-11062.06' }],
  ])('skips and names %s', (reason, change) => {
    expect(convertRow({ ...row, ...change }, 5)).toBe(reason);
  });
});

describe('categoryOf', () => {
  it.each([
    ['SET OF 3 CHRISTMAS CANDLES', 'christmas'],
    ['JUMBO BAG RED RETROSPOT', 'bags'],
    ['REGENCY CAKESTAND 3 TIER', 'baking'],
    ['', 'other'],
  ])('%s → %s', (description, category) => expect(categoryOf(description)).toBe(category));
});

describe('the shipped sample', () => {
  it('is whole, in order of the file, and free of invented views', async () => {
    const types = new Map<string, number>();
    let previous = 0;
    for await (const event of readSample()) {
      expect(Number(event.id)).toBeGreaterThan(previous);
      previous = Number(event.id);
      types.set(event.type, (types.get(event.type) ?? 0) + 1);
    }
    expect(Object.fromEntries(types)).toEqual({ purchase: 108121, return: 1364 });
  });
});
