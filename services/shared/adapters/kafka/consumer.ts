/** Consuming from Kafka: positions that the caller decides, batches that come again, a membership that heals. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { Consumer, ConsumerOptions, PartitionOffsets } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import { checkPosition } from '../log-position.ts';
import { insist, type KafkaSettings } from './client.ts';
import { kafkaError } from './failure.ts';
import { Membership, type Fetch, type MembershipOptions } from './membership.ts';
import { PartitionFlow, type FlowHandlers } from './partition-flow.ts';
import { fetchCommitted, fetchOffsets } from './topics.ts';

export type GroupConsumerOptions = ConsumerOptions &
  Pick<FlowHandlers, 'onProgress'> &
  Pick<MembershipOptions, 'onlyPartition'>;

const defaultMaxBytes = 512 * 1024;
const watchEveryMs = 5_000;
const lookWithinMs = 10_000;
const renewAfterMs = 500;
/**
 * A batch that takes longer than this is worked on while the next one is fetched. A shorter one is not: the fetch would
 * take the processor from the records in hand, and an event that comes alone would be late for nothing.
 */
const overlapAfterMs = 2;

export class GroupConsumer implements Consumer {
  readonly #settings: KafkaSettings;
  /** Of all topics. */
  readonly #partitions: number;
  readonly #admin: Admin;
  readonly #options: GroupConsumerOptions;
  readonly #flows = new Map<string, PartitionFlow>();
  readonly #closing = new AbortController();
  readonly #watchdog: NodeJS.Timeout;
  #membership: Membership;

  private constructor(settings: KafkaSettings, admin: Admin, options: GroupConsumerOptions, partitions: number) {
    this.#partitions = partitions;
    this.#settings = settings;
    this.#admin = admin;
    this.#options = options;
    this.#membership = this.#newMembership();
    this.#watchdog = setInterval(() => this.#watch(), watchEveryMs);
    this.#watchdog.unref();
  }

  static async start(settings: KafkaSettings, admin: Admin, options: GroupConsumerOptions): Promise<GroupConsumer> {
    // A broker that has just come up answers the first group with "coordinator is loading", and kafkajs crashes on it.
    for (const topic of options.topics) await fetchCommitted(admin, options.group, topic);
    const consumer = new GroupConsumer(settings, admin, options, await countPartitions(admin, options));
    await consumer.#run(consumer.#membership);
    return consumer;
  }

  seek(topic: string, partition: number, offset: number): void {
    const flow = this.#flows.get(flowKey(topic, partition));
    if (!flow || flow.isRevoked) return;
    flow.seek(offset);
    this.#membership.moveTo(topic, partition, offset);
  }

  async commit(topic: string, partition: number, offset: number): Promise<void> {
    const flow = this.#flows.get(flowKey(topic, partition));
    if (!flow || flow.isRevoked) {
      const message = `Partition ${partition} of ${topic} no longer belongs to this consumer; its position stays.`;
      throw new LikenessError('BrokerUnavailable', message, { retryable: true });
    }
    await this.#membership.commit(topic, partition, offset).catch((error: unknown) => {
      throw kafkaError(error, `committing the position of partition ${partition} of ${topic}`);
    });
    flow.committed = offset;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    clearInterval(this.#watchdog);
    const flows = [...this.#flows.values()];
    await Promise.all(flows.map((flow) => flow.finish()));
    for (const flow of flows) flow.revoke();
    await this.#membership.close();
  }

  #newMembership(): Membership {
    return new Membership(this.#settings, {
      group: this.#options.group,
      topics: this.#options.topics,
      partitions: this.#partitions,
      maxBytesPerPartition: this.#options.maxBytesPerPartition ?? defaultMaxBytes,
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? this.#settings.sessionTimeoutMs,
      ...(this.#options.onlyPartition === undefined ? {} : { onlyPartition: this.#options.onlyPartition }),
    });
  }

  async #run(membership: Membership): Promise<void> {
    const isCurrent = () => membership === this.#membership && !this.#closing.signal.aborted;
    await membership
      .run({
        onJoin: (assignment) => void (isCurrent() && this.#assign(assignment)),
        onRebalancing: () => void (isCurrent() && this.#revokeAll()),
        onFetched: async (fetch) => void (isCurrent() && (await this.#take(fetch, membership))),
        onGap: (topic, partition, fetched) => {
          const flow = isCurrent() ? this.#flows.get(flowKey(topic, partition)) : undefined;
          if (flow?.expected !== undefined && fetched.next > flow.expected) flow.push(fetched);
        },
        onCrash: (error) => void (isCurrent() && this.#recover(error)),
      })
      .catch((error: unknown) => void (isCurrent() && this.#recover(error)));
  }

  #assign(assignment: readonly { topic: string; partitions: readonly number[] }[]): void {
    this.#revokeAll();
    for (const { topic, partitions } of assignment) {
      const bounds = partitions.length > 0 ? this.#bounds(topic) : undefined;
      bounds?.catch(() => undefined);
      for (const partition of partitions) {
        const flow = new PartitionFlow(topic, partition, this.#options);
        this.#flows.set(flowKey(topic, partition), flow);
        void this.#position(flow, bounds!).catch((error: unknown) => this.#fail(error));
      }
    }
  }

  #bounds(topic: string): Promise<Bounds> {
    const positions = fetchCommitted(this.#admin, this.#options.group, topic);
    return Promise.all([fetchOffsets(this.#admin, topic), positions]).then(([offsets, committed]) => ({
      offsets,
      committed,
    }));
  }

  /** Decides where reading begins; kafkajs' own default, a silent jump to the start or the end, must never happen. */
  async #position(flow: PartitionFlow, first: Promise<Bounds>): Promise<void> {
    const { topic, partition } = flow;
    const wanted = await flow.retrying(() => this.#options.onAssigned?.(topic, partition));
    let asked = first;
    const bounds = await flow.retrying(() => {
      const current = asked;
      asked = current.catch(() => this.#bounds(topic));
      return current;
    });
    if (flow.isRevoked || !bounds || flow.expected !== undefined) return;
    const range = bounds.offsets[partition]!;
    const position = wanted ?? bounds.committed.get(partition) ?? range.low;
    checkPosition(flow, position, range);
    flow.seek(position);
    flow.committed = bounds.committed.get(partition) ?? position;
    this.#membership.moveTo(topic, partition, position);
  }

  async #take(fetch: Fetch, membership: Membership): Promise<void> {
    const flow = this.#flows.get(flowKey(fetch.topic, fetch.partition));
    if (!flow || flow.isRevoked || flow.expected === undefined || fetch.isStale()) return;
    if (fetch.fetchedFrom !== flow.expected) return this.#refuseReset(flow, flow.expected);
    fetch.accept();
    flow.push(fetch.fetched);
    await flow.idleWithin(overlapAfterMs);
    while (!flow.hasRoom) {
      await flow.roomWithin(membership.heartbeatMs);
      await fetch.heartbeat();
    }
  }

  /**
   * kafkajs meets an offset outside the log by starting elsewhere, with a line in its log, and by wiping the group's
   * position. It is put back, so that the gap is still seen after a restart.
   */
  async #refuseReset(flow: PartitionFlow, expected: number): Promise<void> {
    const { low, high } = (await fetchOffsets(this.#admin, flow.topic))[flow.partition]!;
    try {
      checkPosition(flow, expected, { low, high });
    } catch (error) {
      await this.#membership.commit(flow.topic, flow.partition, flow.committed ?? expected);
      return this.#fail(error);
    }
    this.seek(flow.topic, flow.partition, expected);
  }

  #revokeAll(): void {
    const lost = [...this.#flows.values()].filter((flow) => !flow.isRevoked);
    this.#flows.clear();
    for (const flow of lost) flow.revoke();
    if (lost.length > 0) this.#options.onRevoked?.(lost.map(({ topic, partition }) => ({ topic, partition })));
  }

  #watch(): void {
    const session = this.#options.sessionTimeoutMs ?? this.#settings.sessionTimeoutMs;
    if (this.#membership.silentMs < 2 * session + 30_000) return;
    const stalled = new LikenessError('BrokerUnavailable', 'The consumer stalled and joins anew.', { retryable: true });
    this.#recover(stalled);
  }

  /** A new membership in place of one that ended. */
  #recover(cause: unknown): void {
    const error = kafkaError(cause, `consuming ${this.#options.topics.join(', ')}`);
    if (!error.retryable) return this.#fail(error);
    this.#revokeAll();
    for (const topic of this.#options.topics) this.#options.onRetry?.(error, { topic, partition: -1 });
    const ended = this.#membership;
    const next = this.#newMembership();
    this.#membership = next;
    void this.#renew(ended, next);
  }

  async #renew(ended: Membership, next: Membership): Promise<void> {
    // It has crashed already; that it cannot leave in order either is no news.
    await ended.close().catch(() => undefined);
    await sleep(renewAfterMs);
    if (!this.#closing.signal.aborted) await this.#run(next);
  }

  #fail(error: unknown): void {
    this.#revokeAll();
    this.#options.onFatal(error);
  }
}

async function countPartitions(admin: Admin, { topics, onlyPartition }: GroupConsumerOptions): Promise<number> {
  if (onlyPartition !== undefined) return 1;
  const listed = await insist(`looking at ${topics.join(', ')}`, lookWithinMs, () =>
    admin.fetchTopicMetadata({ topics: [...topics] }),
  );
  return listed.topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
}

interface Bounds {
  readonly offsets: readonly PartitionOffsets[];
  readonly committed: ReadonlyMap<number, number>;
}

const flowKey = (topic: string, partition: number): string => `${topic}/${partition}`;
