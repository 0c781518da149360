/** What the cleaner counts. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { createStageMetrics, type StageMetrics } from '../shared/stage-metrics.ts';
import type { CleanBatch } from './clean-batch.ts';
import { appliedKinds } from './step.ts';

export interface CleanerMetrics extends Pick<StageMetrics, 'lag' | 'forgetLag'> {
  count(batch: Pick<CleanBatch, 'counts' | 'applied'>): void;
  items(size: number): void;
  modelLoads(result: 'loaded' | 'refused' | 'unavailable'): void;
  /** A record of the stream `models`. */
  malformed(): void;
}

/** `steps`: names of those that learn. Counters are born at 0, so that what comes first counts as an increase. */
export function createMetrics(registry: Registry, steps: readonly string[] = []): CleanerMetrics {
  const { count, lag, forgetLag } = createStageMetrics(registry, 'cleaner');
  const help = 'Items in the catalogue';
  const items = new Gauge({ name: 'likeness_catalogue_items', help, registers: [registry] });
  const applied = new Counter({
    name: 'likeness_cleaning_applied_total',
    help: 'What the steps did that learn; kind is imputed, scaled, outlier, or unlearned where no model knows the step',
    labelNames: ['kind', 'step'],
    registers: [registry],
  });
  const loads = new Counter({
    name: 'likeness_cleaning_model_loads_total',
    help: 'Attempts to take over what a model has learned; result is loaded, refused or unavailable',
    labelNames: ['result'],
    registers: [registry],
  });
  const malformed = new Counter({
    name: 'likeness_malformed_records_total',
    help: 'Records of the stream models that could not be read, and were passed over',
    labelNames: ['stream'],
    registers: [registry],
  });
  for (const step of steps) for (const kind of appliedKinds) applied.inc({ kind, step }, 0);
  for (const result of ['loaded', 'refused', 'unavailable']) loads.inc({ result }, 0);
  malformed.inc({ stream: 'models' }, 0);
  return {
    count: (batch) => {
      for (const fate of batch.counts.values()) count(fate, fate.events);
      for (const { kind, step, events } of batch.applied.values()) applied.inc({ kind, step }, events);
    },
    lag,
    forgetLag,
    items: (size) => items.set(size),
    modelLoads: (result) => loads.inc({ result }),
    malformed: () => malformed.inc({ stream: 'models' }),
  };
}
