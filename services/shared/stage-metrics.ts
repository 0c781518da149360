/** What every stage counts, and what those that read a stream do besides. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { reasonCodes } from './result.ts';

type Stage = 'ingest' | 'cleaner' | 'feature';

/** `result`: ok, refused (ingest), drop or deadLetter; `reason` is empty for ok. */
export type CountEvents = (fate: { readonly result: string; readonly reason: string }, amount: number) => void;

const taken = { result: 'ok', reason: '' };
const deadLetters = reasonCodes.map((reason) => ({ result: 'deadLetter', reason }));

/** What is known beforehand: names of Drop rules are not, nor do all refusals of ingest concern single events. */
const fates: Readonly<Record<Stage, readonly { readonly result: string; readonly reason: string }[]>> = {
  ingest: [taken],
  cleaner: [taken, ...deadLetters],
  feature: [taken, { result: 'drop', reason: 'Duplicate' }, ...deadLetters],
};

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
  // Born at 0: what comes first counts as an increase.
  for (const fate of fates[stage]) events.inc({ stage, ...fate }, 0);
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
