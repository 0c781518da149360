/** Reading Kafka without sharing: following a topic, and reading a range, each in a group of its own. */
import { randomUUID } from 'node:crypto';
import type { Admin } from 'kafkajs';
import type { Broker, BrokerRecord, ReadRange } from '../../broker.ts';
import type { KafkaSettings } from './client.ts';
import { GroupConsumer } from './consumer.ts';
import { fetchOffsets } from './topics.ts';

type FollowOptions = Parameters<Broker['follow']>[0];

/** Nothing is committed, so the broker forgets these groups when they are left. */
const ownGroup = ({ clientId }: KafkaSettings): string => `${clientId}-alone-${randomUUID()}`;

export async function follow(settings: KafkaSettings, admin: Admin, options: FollowOptions): Promise<GroupConsumer> {
  const { topic, onRecords, onFatal } = options;
  const behind = new Map<number, number>();
  for (const { partition, low, high } of await fetchOffsets(admin, topic)) {
    if (low < high) behind.set(partition, high);
  }
  const positions = new Map<number, number>();
  let caughtUp = behind.size === 0;
  let failed = false;
  const consumer = await GroupConsumer.start(settings, admin, {
    group: ownGroup(settings),
    topics: [topic],
    onFatal,
    onAssigned: async (_, partition) => positions.get(partition),
    onBatch: async ({ partition, records }) => {
      if (failed) return;
      try {
        await onRecords(partition, records);
      } catch (error) {
        failed = true;
        onFatal(error);
      }
    },
    onProgress: (_, partition, next) => {
      positions.set(partition, next);
      if (next >= (behind.get(partition) ?? 0)) behind.delete(partition);
      if (caughtUp || failed || behind.size > 0) return;
      caughtUp = true;
      options.onCaughtUp?.();
    },
  });
  if (caughtUp) options.onCaughtUp?.();
  return consumer;
}

export async function* read(
  settings: KafkaSettings,
  admin: Admin,
  { topic, partition, from, to }: ReadRange,
): AsyncGenerator<readonly BrokerRecord[]> {
  const { low, high } = (await fetchOffsets(admin, topic))[partition]!;
  const end = Math.min(to, high);
  const start = Math.max(from, low);
  if (start >= end) return;
  const handOver = new HandOver<readonly BrokerRecord[]>();
  const consumer = await GroupConsumer.start(settings, admin, {
    group: ownGroup(settings),
    topics: [topic],
    onlyPartition: partition,
    onAssigned: async () => Math.max(start, handOver.position),
    onFatal: (error) => handOver.fail(error),
    onBatch: async ({ records }) => {
      const wanted = records.filter(({ offset }) => offset < end);
      if (wanted.length > 0) await handOver.give(wanted);
    },
    onProgress: (_, __, next) => {
      handOver.position = next;
      if (next >= end) handOver.end();
    },
  });
  try {
    yield* handOver.take();
  } finally {
    handOver.end();
    await consumer.close();
  }
}

/** Hands one value at a time from a callback to a loop, and waits until the loop has come back for more. */
class HandOver<T> {
  position = 0;
  #value: { readonly value: T; readonly taken: () => void } | undefined;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #wake = () => {};

  give(value: T): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((taken) => {
      this.#value = { value, taken };
      this.#wake();
    });
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#value?.taken();
    this.#wake();
  }

  async *take(): AsyncGenerator<T> {
    while (!this.#failure) {
      const next = this.#value;
      this.#value = undefined;
      if (next) {
        try {
          yield next.value;
        } finally {
          next.taken();
        }
      } else if (this.#isOver) return;
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
    throw this.#failure.error;
  }
}
