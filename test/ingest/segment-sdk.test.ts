/** Segment's own library for Node, as it comes from npm, against a listening ingest. */
import { Analytics } from '@segment/analytics-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IngestProcess, startIngest } from './ingest-process.ts';

let ingest: IngestProcess;
beforeAll(async () => {
  ingest = await startIngest();
});
afterAll(async () => {
  expect(await ingest.stop()).toBe(0);
});

function client(writeKey = ingest.writeKey) {
  const errors: unknown[] = [];
  const analytics = new Analytics({ writeKey, host: ingest.url, maxRetries: 2, flushAt: 10, flushInterval: 50 });
  analytics.on('error', (error) => errors.push(error));
  return { analytics, errors };
}

describe('@segment/analytics-node', () => {
  it('delivers every call, each as its canonical event', async () => {
    const { analytics, errors } = client();
    const timestamp = new Date('2024-05-01T12:00:00.000Z');
    const user = { userId: 'sdk-user', timestamp };
    const product = { product_id: 'p1', name: 'Cup', price: 2.5, category: 'cups' };
    analytics.track({ ...user, event: 'Product Viewed', properties: product });
    analytics.track({ ...user, event: 'Product Added', properties: { ...product, quantity: 2 } });
    const products = [
      { ...product, quantity: 2 },
      { product_id: 'p2', price: 4 },
    ];
    analytics.track({
      ...user,
      event: 'Order Completed',
      messageId: 'order',
      properties: { order_id: 'o1', products },
    });
    analytics.track({ ...user, event: 'Products Searched', properties: { query: 'cup' } });
    analytics.identify({ ...user, anonymousId: 'visitor', traits: { plan: 'pro' } });
    analytics.alias({ userId: 'sdk-user', previousId: 'old-user', timestamp });
    analytics.page({ anonymousId: 'visitor', name: 'Home', timestamp });
    analytics.group({ ...user, groupId: 'g1' });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);

    const events = await ingest.stored();
    const shared = { time: '2024-05-01T12:00:00.000Z', userId: 'sdk-user' };
    const context = { library: expect.objectContaining({ name: '@segment/analytics-node' }) };
    const item = { category: 'cups', title: 'Cup', price: 2.5 };
    expect(events).toHaveLength(9);
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...shared,
          type: 'view',
          itemId: 'p1',
          value: 2.5,
          item,
          context: expect.objectContaining(context),
        }),
        expect.objectContaining({ ...shared, type: 'cart', itemId: 'p1', value: 5, quantity: 2, item }),
        expect.objectContaining({
          ...shared,
          id: 'order:0',
          type: 'purchase',
          itemId: 'p1',
          value: 5,
          quantity: 2,
          item,
        }),
        expect.objectContaining({ ...shared, id: 'order:1', type: 'purchase', itemId: 'p2', value: 4 }),
        expect.objectContaining({ ...shared, type: 'search', text: 'cup' }),
        expect.objectContaining({ ...shared, type: 'identify', anonymousId: 'visitor', properties: { plan: 'pro' } }),
        expect.objectContaining({ ...shared, type: 'alias', previousId: 'old-user' }),
        expect.objectContaining({ type: 'page', anonymousId: 'visitor', properties: { name: 'Home' } }),
        expect.objectContaining({ ...shared, type: 'group', properties: { groupId: 'g1' } }),
      ]),
    );
  });

  it('delivers thousands of calls once each', async () => {
    const { analytics, errors } = client();
    const before = (await ingest.stored()).length;
    const total = 3000;
    const ids = Array.from({ length: total }, (_, index) => `many-${index}`);
    for (const messageId of ids) analytics.track({ userId: `u${messageId}`, event: 'Product Viewed', messageId });
    await analytics.closeAndFlush();
    expect(errors).toEqual([]);
    const stored = (await ingest.stored()).map(({ id }) => id).filter((id) => id.startsWith('many-'));
    expect(stored.toSorted()).toEqual(ids.toSorted());
    expect((await ingest.stored()).length - before).toBe(total);
  });

  it('gives up at once where the write key is wrong, instead of repeating for ever', async () => {
    const { analytics, errors } = client('wrong');
    const requests: unknown[] = [];
    analytics.on('http_request', (request) => requests.push(request));
    analytics.track({ userId: 'u', event: 'Product Viewed', messageId: 'never' });
    await analytics.closeAndFlush();
    expect(errors).toHaveLength(1);
    expect(requests).toHaveLength(1);
    expect((await ingest.stored()).map(({ id }) => id)).not.toContain('never');
  });
});
