/** One kafkajs consumer, from joining the group until it crashes or leaves; the consumer above makes the next. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { BrokerRecord } from '../../broker.ts';
import type { KafkaSettings } from './client.ts';
import { onlyPartition } from './only-partition.ts';
import type { Fetched } from './partition-flow.ts';

export interface MembershipOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Of all topics. */
  readonly partitions: number;
  readonly maxBytesPerPartition: number;
  readonly sessionTimeoutMs: number;
  /** For a group of one that reads one partition. */
  readonly onlyPartition?: number;
}

export interface MembershipEvents {
  /** Called before anything is fetched; every partition is paused. */
  readonly onJoin: (assignment: readonly { topic: string; partitions: readonly number[] }[]) => void;
  readonly onRebalancing: () => void;
  /** Resolves when the fetch loop may go on. */
  readonly onFetched: (fetch: Fetch) => Promise<void>;
  readonly onGap: (topic: string, partition: number, fetched: Fetched) => void;
  readonly onCrash: (error: unknown) => void;
}

export interface Fetch {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedFrom: number;
  readonly fetched: Fetched;
  /** True if a seek is about to be applied, so that this fetch counts for nothing. */
  readonly isStale: () => boolean;
  /** Lets kafkajs fetch behind this. */
  readonly accept: () => void;
  /** Rejects when the group rebalances, and must then be let through. */
  readonly heartbeat: () => Promise<void>;
}

const closeWithinMs = 10_000;

export class Membership {
  readonly heartbeatMs: number;
  readonly #consumer: Consumer;
  readonly #options: MembershipOptions;
  #lastSign = Date.now();

  constructor(settings: KafkaSettings, options: MembershipOptions) {
    this.#options = options;
    this.heartbeatMs = Math.max(200, Math.floor(options.sessionTimeoutMs / 6));
    this.#consumer = settings.patient.consumer({
      groupId: options.group,
      ...(options.onlyPartition === undefined ? {} : { partitionAssigners: [onlyPartition(options.onlyPartition)] }),
      allowAutoTopicCreation: false,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: Math.max(10_000, options.sessionTimeoutMs),
      heartbeatInterval: this.heartbeatMs,
      maxBytesPerPartition: options.maxBytesPerPartition,
      minBytes: 1,
      maxWaitTimeInMs: settings.maxWaitMs,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 1_000_000, restartOnFailure: async () => false },
    });
  }

  /** Milliseconds since the fetch loop last did anything. */
  get silentMs(): number {
    return Date.now() - this.#lastSign;
  }

  /** Resolves once joined, or after `onCrash`. */
  async run(events: MembershipEvents): Promise<void> {
    const consumer = this.#consumer;
    const { FETCH, FETCH_START, HEARTBEAT, GROUP_JOIN, REBALANCING, END_BATCH_PROCESS, CRASH } = consumer.events;
    const sign = () => void (this.#lastSign = Date.now());
    for (const event of [FETCH, FETCH_START, HEARTBEAT] as const) consumer.on(event, sign);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      sign();
      const assignment = Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({ topic, partitions }));
      consumer.pause(assignment.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })));
      events.onJoin(assignment);
    });
    consumer.on(REBALANCING, () => events.onRebalancing());
    // Of a fetch without records (markers of transactions, compacted records) kafkajs tells in this event only.
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, batchSize, lastOffset, highWatermark } = payload;
      if (batchSize > 0) return;
      const fetched = { records: [], next: Number(lastOffset) + 1, highWatermark: Number(highWatermark) };
      events.onGap(topic, partition, fetched);
    });
    consumer.on(CRASH, ({ payload }) => events.onCrash(payload.error));
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // A partition that has no room must hold up none that came in the same fetch; each more would cost every fetch a call.
      partitionsConsumedConcurrently: Math.max(1, this.#options.partitions),
      eachBatch: (payload) => events.onFetched(asFetch(payload)),
    });
  }

  /** Fetching goes on from `offset`. */
  moveTo(topic: string, partition: number, offset: number): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) });
    this.#consumer.resume([{ topic, partitions: [partition] }]);
  }

  async commit(topic: string, partition: number, offset: number): Promise<void> {
    await this.#consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
  }

  /** Leaves the group; while the broker is down kafkajs may never end, so it is not waited for much longer. */
  async close(): Promise<void> {
    const given = new AbortController();
    const limit = sleep(closeWithinMs, undefined, { signal: given.signal }).catch(() => undefined);
    await Promise.race([this.#consumer.disconnect(), limit]).finally(() => given.abort());
  }
}

function asFetch(payload: EachBatchPayload): Fetch {
  const { batch } = payload;
  const records = batch.messages.map(asRecord);
  const { fetchedOffset } = batch as unknown as { fetchedOffset: string };
  return {
    topic: batch.topic,
    partition: batch.partition,
    fetchedFrom: Number(fetchedOffset),
    fetched: { records, next: Number(batch.lastOffset()) + 1, highWatermark: Number(batch.highWatermark) },
    isStale: () => payload.isStale(),
    accept: () => payload.resolveOffset(batch.messages.at(-1)!.offset),
    heartbeat: () => payload.heartbeat(),
  };
}

function asRecord({ offset, key, value, timestamp }: KafkaMessage): BrokerRecord {
  return { offset: Number(offset), key: key ? key.toString() : null, value, timestamp: Number(timestamp) };
}
