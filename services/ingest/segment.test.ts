/** Segment's calls as canonical events. */
import { describe, expect, it } from 'vitest';
import { isRefusal } from './refusal.ts';
import { mapCall, type SegmentContext } from './segment.ts';
import type { JsonObject } from './shape.ts';

const context: SegmentContext = {
  sentAt: '2024-05-01T12:00:09.000Z',
  now: '2024-05-01T12:00:10.000Z',
  newId: () => 'assigned',
};
const call = {
  messageId: 'm1',
  userId: 'u1',
  anonymousId: 'a1',
  timestamp: '2024-05-01T12:00:00.000Z',
  context: { ip: '1' },
};
const canonical = { id: 'm1', userId: 'u1', anonymousId: 'a1', time: '2024-05-01T12:00:00.000Z', context: { ip: '1' } };

const map = (value: JsonObject, more: Partial<SegmentContext> = {}): JsonObject[] => {
  const events = mapCall(value, { ...context, ...more });
  if (isRefusal(events)) throw new Error(events.code);
  return events;
};
const track = (event: unknown, properties: JsonObject = {}) => map({ ...call, type: 'track', event, properties });

describe('mapCall', () => {
  it('maps what a shop says of one product', () => {
    const properties = {
      product_id: 'p1',
      sku: 's1',
      name: 'Cup',
      brand: 'B',
      category: 'C',
      price: '2.55',
      quantity: 6,
    };
    const item = { category: 'C', brand: 'B', title: 'Cup', price: 2.55 };
    const shared = { ...canonical, itemId: 'p1', quantity: 6, item, properties };
    expect(track('Product Viewed', properties)).toEqual([{ ...shared, type: 'view', value: 2.55 }]);
    expect(track(' product added ', properties)).toEqual([{ ...shared, type: 'cart', value: 15.3 }]);
  });

  it('maps searches and reviews', () => {
    expect(track('Products Searched', { query: 'red cup' })).toMatchObject([{ type: 'search', text: 'red cup' }]);
    const review = { product_id: 7, review_body: 'good', rating: '4', price: 9 };
    expect(track('Product Reviewed', review)).toMatchObject([{ type: 'review', itemId: '7', text: 'good', value: 4 }]);
  });

  it('makes one event of each product of an order, with ids that a repetition has again', () => {
    const order = {
      order_id: 'o1',
      currency: 'EUR',
      total: 99,
      products: [{ product_id: 'p1', price: 2, quantity: 3 }, { sku: 's2', price: 5 }, 'no product'],
    };
    expect(track('Order Completed', order)).toEqual([
      {
        ...canonical,
        id: 'm1:0',
        type: 'purchase',
        itemId: 'p1',
        value: 6,
        quantity: 3,
        item: { price: 2 },
        properties: { order_id: 'o1', currency: 'EUR', product_id: 'p1', price: 2, quantity: 3 },
      },
      {
        ...canonical,
        id: 'm1:1',
        type: 'purchase',
        itemId: 's2',
        value: 5,
        item: { price: 5 },
        properties: { order_id: 'o1', currency: 'EUR', sku: 's2', price: 5 },
      },
      { ...canonical, id: 'm1:2', type: 'purchase', properties: { order_id: 'o1', currency: 'EUR' } },
    ]);
    expect(track('Order Refunded', order).map(({ type, id }) => [type, id])).toEqual([
      ['return', 'm1:0'],
      ['return', 'm1:1'],
      ['return', 'm1:2'],
    ]);
  });

  it('loses no order that names no product', () => {
    for (const products of [undefined, [], 'x'])
      expect(track('Order Completed', { order_id: 'o1', products })).toMatchObject([{ id: 'm1', type: 'purchase' }]);
  });

  it('keeps the names of other events, in kebab case', () => {
    const types = ['Video Played', 'videoPlayed', '  Checkout -- Started!', 'Größe gewählt', 'constructor'];
    expect(types.map((name) => track(name)[0]!['type'])).toEqual([
      'video-played',
      'video-played',
      'checkout-started',
      'größe-gewählt',
      'constructor',
    ]);
  });

  it('maps the other calls', () => {
    expect(map({ ...call, type: 'identify', traits: { plan: 'pro' } })).toEqual([
      { ...canonical, type: 'identify', properties: { plan: 'pro' } },
    ]);
    expect(map({ ...call, type: 'alias', previousId: 'old' })).toEqual([
      { ...canonical, type: 'alias', previousId: 'old' },
    ]);
    const page = { ...call, type: 'page', name: 'Home', category: 'Shop', properties: { url: '/' } };
    expect(map(page)).toEqual([
      { ...canonical, type: 'page', properties: { url: '/', name: 'Home', category: 'Shop' } },
    ]);
    expect(map({ ...page, type: 'screen' })).toMatchObject([{ type: 'screen' }]);
    expect(map({ ...call, type: 'group', groupId: 'g1', traits: { size: 3 } })).toEqual([
      { ...canonical, type: 'group', properties: { groupId: 'g1', size: 3 } },
    ]);
  });

  it('takes the time from where the client says it first', () => {
    const times = { timestamp: 't1', originalTimestamp: 't2', sentAt: 't3' };
    const timeOf = (value: JsonObject, more = {}) => map({ type: 'identify', ...value }, more)[0]!['time'];
    expect(timeOf(times)).toBe('t1');
    expect(timeOf({ ...times, timestamp: undefined })).toBe('t2');
    expect(timeOf({ sentAt: 't3' })).toBe('t3');
    expect(timeOf({})).toBe(context.sentAt);
    expect(timeOf({}, { sentAt: undefined })).toBe(context.now);
  });

  it('takes numbers as ids, and gives an id where there is none', () => {
    expect(map({ type: 'identify', userId: 7, messageId: 8 })[0]).toMatchObject({ userId: '7', id: '8' });
    expect(map({ type: 'identify', userId: {}, anonymousId: '' })[0]).not.toHaveProperty('userId');
    expect(map({ type: 'identify' })[0]).toMatchObject({ id: 'assigned' });
  });

  it('follows the route where it names the call, and refuses what is no call', () => {
    expect(map({ ...call, event: 'Product Viewed' }, { call: 'track' })).toMatchObject([{ type: 'view' }]);
    for (const value of [
      { type: 'purchase' },
      {},
      { type: 'track' },
      { type: 'track', event: '!' },
      { type: 'track', event: 7 },
    ])
      expect(mapCall(value, context)).toMatchObject({ status: 400, code: 'NoType' });
    const products = Array.from({ length: 2501 }, () => ({}));
    expect(mapCall({ type: 'track', event: 'Order Completed', properties: { products } }, context)).toMatchObject({
      code: 'EventTooLarge',
    });
  });
});
