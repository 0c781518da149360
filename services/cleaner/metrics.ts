/** What the cleaner counts. */
import { Gauge, type Registry } from 'prom-client';
import { createStageMetrics, type StageMetrics } from '../shared/stage-metrics.ts';
import type { CleanBatch } from './clean-batch.ts';

export interface CleanerMetrics extends Pick<StageMetrics, 'lag' | 'forgetLag'> {
  count(counts: CleanBatch['counts']): void;
  items(size: number): void;
}

export function createMetrics(registry: Registry): CleanerMetrics {
  const { count, lag, forgetLag } = createStageMetrics(registry, 'cleaner');
  const help = 'Items in the catalogue';
  const items = new Gauge({ name: 'likeness_catalogue_items', help, registers: [registry] });
  return {
    count: (counts) => {
      for (const fate of counts.values()) count(fate, fate.events);
    },
    lag,
    forgetLag,
    items: (size) => items.set(size),
  };
}
