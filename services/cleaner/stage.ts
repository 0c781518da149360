/** Works on batches one after another a partition: clean, produce, and only then count the position as done. */
import type { Batch, Consumer, OutgoingRecord, Producer } from '../shared/broker.ts';
import type { Topics } from '../shared/streams.ts';
import type { Clock } from '../shared/service.ts';
import type { CleanBatch, RawBatch } from './clean-batch.ts';
import type { CleanerMetrics } from './metrics.ts';
import { createPositions } from './positions.ts';

export interface StageDeps {
  readonly topics: Topics;
  readonly producer: Producer;
  readonly clean: (batch: RawBatch, now: number) => CleanBatch;
  readonly metrics: CleanerMetrics;
  readonly clock: Clock;
}

export interface Stage {
  onBatch(batch: Batch): Promise<void>;
  onRevoked(partitions: readonly { readonly partition: number }[]): void;
  /** Commits what was produced since the last call. */
  commit(consumer: Pick<Consumer, 'commit'>): Promise<void>;
  /** Takes no further batch; resolves when those under way are done. */
  drain(): Promise<void>;
}

export function createStage(deps: StageDeps): Stage {
  const { topics, producer, metrics } = deps;
  const positions = createPositions(topics['events-raw']);
  const underWay = new Set<Promise<void>>();
  let draining = false;

  const send = async (topic: string, records: readonly OutgoingRecord[]): Promise<void> => {
    if (records.length > 0) await producer.send(topic, records);
  };

  const work = async (batch: Batch): Promise<void> => {
    const made = deps.clean(batch, deps.clock.now());
    await Promise.all([
      send(topics['events-clean'], made.clean),
      send(topics['events-dead'], made.dead),
      send(topics.items, made.items),
    ]);
    made.settle();
    const next = batch.records.at(-1)!.offset + 1;
    // A partition that was lost meanwhile has a new owner: committing here could only turn its position back.
    if (!batch.isStale()) positions.done(batch.partition, next);
    metrics.count(made);
    metrics.lag(batch.partition, batch.highWatermark - next);
  };

  return {
    onBatch: async (batch) => {
      // While draining, a batch passes unworked and uncommitted: it comes again to whoever reads next.
      if (draining || batch.isStale() || batch.records.length === 0) return;
      const working = work(batch);
      underWay.add(working);
      await working.finally(() => underWay.delete(working));
    },
    onRevoked: (partitions) => {
      for (const { partition } of partitions) {
        positions.forget(partition);
        metrics.forgetLag(partition);
      }
    },
    commit: (consumer) => positions.commit(consumer),
    drain: async () => {
      draining = true;
      await Promise.allSettled(underWay);
    },
  };
}
