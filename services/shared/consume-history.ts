/** Consumes a log from the archive first, where the broker no longer holds what a consumer wants, and then from the broker. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, Consumer, ConsumerOptions, PartitionOffsets } from './broker.ts';
import { LikenessError } from './errors.ts';
import { readHistory, type History } from './read-history.ts';

/** What a partition is given before the broker's own records: offsets from `position` up to `to`. */
interface Feed {
  position: number;
  readonly to: number;
  readonly high: number;
  stopped: boolean;
  done: Promise<void>;
}

const defaultRetryMs = 500;

/** As `broker.consume`; a position before the start of the log is one in the archive. */
export async function consumeHistory(history: History, options: ConsumerOptions): Promise<Consumer> {
  const { broker, topic } = history;
  const feeds = new Map<number, Feed>();
  const held = new Map<number, PartitionOffsets>();
  const started = Promise.withResolvers<void>();
  const alone = createTurns();

  function end(partition: number): void {
    const feed = feeds.get(partition);
    if (feed) feed.stopped = true;
  }

  /** Gives the offset at which the broker is to go on. */
  function begin(partition: number, wanted: number): number {
    end(partition);
    const before = feeds.get(partition)?.done;
    feeds.delete(partition);
    const known = held.get(partition);
    if (known === undefined || wanted >= known.low) return wanted;
    const feed: Feed = { position: wanted, to: known.low, high: known.high, stopped: false, done: Promise.resolve() };
    feeds.set(partition, feed);
    feed.done = Promise.all([started.promise, before]).then(() => run(partition, feed));
    return known.low;
  }

  async function run(partition: number, feed: Feed): Promise<void> {
    while (!feed.stopped && feed.position < feed.to)
      try {
        await deliver(partition, feed);
      } catch (error) {
        if (feed.stopped) return;
        if (error instanceof LikenessError && !error.retryable) return options.onFatal(error);
        options.onRetry?.(error, { topic, partition });
        await sleep(options.retryMs ?? defaultRetryMs);
      }
  }

  async function deliver(partition: number, feed: Feed): Promise<void> {
    const { high: highWatermark } = feed;
    const at = { topic, partition, highWatermark, heartbeat: () => Promise.resolve(), isStale: () => feed.stopped };
    for await (const records of readHistory(history, { partition, from: feed.position, to: feed.to })) {
      if (feed.stopped) return;
      await alone(partition, () => options.onBatch({ ...at, records }));
      feed.position = records.at(-1)!.offset + 1;
    }
    feed.position = feed.to;
  }

  async function onBatch(batch: Batch): Promise<void> {
    if (batch.topic === topic) await feeds.get(batch.partition)?.done;
    if (!batch.isStale()) await alone(batch.partition, () => options.onBatch(batch));
  }

  const consumer = await broker.consume({
    ...options,
    onAssigned: async (of, partition) => {
      const wanted = await options.onAssigned?.(of, partition);
      if (of !== topic || wanted === undefined) return wanted;
      for (const each of await broker.offsets(topic)) held.set(each.partition, each);
      return begin(partition, wanted);
    },
    onRevoked: (partitions) => {
      for (const each of partitions) if (each.topic === topic) end(each.partition);
      options.onRevoked?.(partitions);
    },
    onBatch,
  });
  started.resolve();
  return {
    seek: (of, partition, offset) => consumer.seek(of, partition, of === topic ? begin(partition, offset) : offset),
    commit: (of, partition, offset) => consumer.commit(of, partition, offset),
    close: async () => {
      for (const partition of feeds.keys()) end(partition);
      await Promise.all([...feeds.values()].map(({ done }) => done));
      await consumer.close();
    },
  };
}

/** One call at a time a partition, whoever makes it. */
function createTurns(): (partition: number, work: () => Promise<void>) => Promise<void> {
  const turns = new Map<number, Promise<void>>();
  return (partition, work) => {
    const turn = (turns.get(partition) ?? Promise.resolve()).then(work);
    turns.set(
      partition,
      turn.catch(() => undefined),
    );
    return turn;
  };
}
