import { expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { cleanerSlice } from '../../crds/slices.ts';
import type { Batch } from '../shared/broker.ts';
import { createCatalogue } from '../shared/catalogue.ts';
import type { Topics } from '../shared/streams.ts';
import { createBatchCleaner } from './clean-batch.ts';
import { createCatalogueFeed } from './catalogue-feed.ts';
import { createMetrics } from './metrics.ts';
import { createStage } from './stage.ts';

it('publishes an item when the batch that brought it comes again after a failed send', async () => {
  const catalogue = createCatalogue();
  const spec = cleanerSlice.parse({ events: [{ name: 'view' }] });
  const clean = createBatchCleaner(spec, { catalogue, feed: createCatalogueFeed(catalogue), partitions: 1 });
  const sent: string[] = [];
  let away = true;
  const producer = {
    send: async (topic: string) => {
      if (away) throw new Error('the broker is away');
      sent.push(topic);
    },
    close: async () => undefined,
  };
  const topics = { 'events-raw': 'raw', 'events-clean': 'clean', 'events-dead': 'dead', items: 'items' } as Topics;
  const stage = createStage({ topics, producer, clean, metrics: createMetrics(new Registry()), clock: Date });
  const time = '2024-02-01T12:00:00.000Z';
  const line = {
    id: 'e',
    type: 'view',
    userId: 'u',
    itemId: 'mug',
    time,
    ingestedAt: time,
    receivedAt: time,
    item: { price: 3 },
  };
  const value = Buffer.from(JSON.stringify(line));
  const batch: Batch = {
    topic: 'raw',
    partition: 0,
    records: [{ offset: 0, key: null, value, timestamp: 0 }],
    highWatermark: 1,
    heartbeat: async () => undefined,
    isStale: () => false,
  };
  await expect(stage.onBatch(batch)).rejects.toThrow('away');
  away = false;
  await stage.onBatch(batch);
  expect(sent.toSorted()).toEqual(['clean', 'items']);
  await stage.onBatch(batch); // what got through is not published again
  expect(sent.toSorted()).toEqual(['clean', 'clean', 'items']);
});
