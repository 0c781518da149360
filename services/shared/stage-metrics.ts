/** What every stage that reads a stream counts. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface StageMetrics {
  /** `result`: ok, drop or deadLetter; `reason` is empty for ok. */
  readonly count: (fate: { readonly result: string; readonly reason: string }, amount: number) => void;
  readonly lag: (partition: number, records: number) => void;
  readonly forgetLag: (partition: number) => void;
}

export function createStageMetrics(registry: Registry, stage: 'cleaner' | 'feature'): StageMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'likeness_events_total',
    help: 'Events by what became of them; the reason is a reason code, the name of the Drop rule, or Duplicate',
    labelNames: ['stage', 'result', 'reason'],
    registers,
  });
  const lag = new Gauge({
    name: 'likeness_lag_events',
    help: 'Records of the stream that this stage has not worked on yet',
    labelNames: ['stage', 'partition'],
    registers,
  });
  return {
    count: ({ result, reason }, amount) => events.inc({ stage, result, reason }, amount),
    lag: (partition, records) => lag.set({ stage, partition }, records),
    forgetLag: (partition) => lag.remove({ stage, partition }),
  };
}
