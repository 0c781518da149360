/** What every stage counts, and what those that read a stream do besides. */
import { Counter, Gauge, type Registry } from 'prom-client';

type Stage = 'ingest' | 'cleaner' | 'feature';

/** `result`: ok, refused (ingest), drop or deadLetter; `reason` is empty for ok. */
export type CountEvents = (fate: { readonly result: string; readonly reason: string }, amount: number) => void;

export interface StageMetrics {
  readonly count: CountEvents;
  readonly lag: (partition: number, records: number) => void;
  readonly forgetLag: (partition: number) => void;
}

export function countEvents(registry: Registry, stage: Stage): CountEvents {
  const events = new Counter({
    name: 'likeness_events_total',
    help: 'Events by what became of them; the reason is a reason code, the name of the Drop rule, or Duplicate',
    labelNames: ['stage', 'result', 'reason'],
    registers: [registry],
  });
  return ({ result, reason }, amount) => events.inc({ stage, result, reason }, amount);
}

export function createStageMetrics(registry: Registry, stage: Exclude<Stage, 'ingest'>): StageMetrics {
  const count = countEvents(registry, stage);
  const lag = new Gauge({
    name: 'likeness_lag_events',
    help: 'Records of the stream that this stage has not worked on yet',
    labelNames: ['stage', 'partition'],
    registers: [registry],
  });
  return {
    count,
    lag: (partition, records) => lag.set({ stage, partition }, records),
    forgetLag: (partition) => lag.remove({ stage, partition }),
  };
}
