/** What the cleaner counts. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { CleanBatch } from './clean-batch.ts';

export interface CleanerMetrics {
  count(counts: CleanBatch['counts']): void;
  lag(partition: number, events: number): void;
  forgetLag(partition: number): void;
  items(size: number): void;
}

const stage = 'cleaner';

export function createMetrics(registry: Registry): CleanerMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'likeness_events_total',
    help: 'Events by what became of them; the reason is a reason code, or the name of the Drop rule',
    labelNames: ['stage', 'result', 'reason'],
    registers,
  });
  const lag = new Gauge({
    name: 'likeness_lag_events',
    help: 'Records of the stream that this stage has not worked on yet',
    labelNames: ['stage', 'partition'],
    registers,
  });
  const items = new Gauge({ name: 'likeness_catalogue_items', help: 'Items in the catalogue', registers });
  return {
    count: (counts) => {
      for (const { result, reason, events: amount } of counts.values()) events.inc({ stage, result, reason }, amount);
    },
    lag: (partition, amount) => lag.set({ stage, partition }, amount),
    forgetLag: (partition) => lag.remove({ stage, partition }),
    items: (size) => items.set(size),
  };
}
