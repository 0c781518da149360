/** Reads one partition of the embedded log for one member of a group, batch after batch. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, ConsumerOptions } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import { checkPosition } from '../log-position.ts';
import type { Bell } from './bell.ts';
import type { LogDatabase } from './database.ts';
import { headOf, readLog } from './read-log.ts';
import { partitionKey } from './stage.ts';

export interface OwnedPartition {
  readonly topic: string;
  readonly id: number;
  readonly partition: number;
}

export const defaultMaxBytes = 512 * 1024;
const defaultRetryMs = 500;

export class PartitionReader {
  readonly owned: OwnedPartition;
  readonly #database: LogDatabase;
  readonly #bell: Bell;
  readonly #options: ConsumerOptions;
  readonly #stop = new AbortController();
  #position = 0;
  /** Rises with every seek: a batch delivered before it is stale. */
  #turn = 0;
  #finishing = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    owned: OwnedPartition,
    options: ConsumerOptions,
    { database, bell }: { database: LogDatabase; bell: Bell },
  ) {
    this.owned = owned;
    this.#options = options;
    this.#database = database;
    this.#bell = bell;
  }

  /** Asks where to begin, then reads until stopped. */
  start(): void {
    this.#running = this.#run().catch((error: unknown) => this.#options.onFatal(error));
  }

  seek(offset: number): void {
    this.#position = offset;
    this.#turn++;
    this.#bell.ring(new Set([this.#key]));
  }

  /** From now on every batch is stale; resolves when the one under way has ended. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#running;
  }

  /** Lets the batch under way end well, and takes no other. */
  finish(): Promise<void> {
    this.#finishing = true;
    this.#bell.ring(new Set([this.#key]));
    return this.#running;
  }

  get #isOver(): boolean {
    return this.#finishing || this.#stop.signal.aborted;
  }

  get #key(): string {
    return partitionKey(this.owned.id, this.owned.partition);
  }

  async #run(): Promise<void> {
    await this.#begin();
    while (!this.#isOver) {
      const delivered = await this.#deliverNext();
      if (!delivered) await this.#bell.wait(this.#key, this.#stop.signal);
    }
  }

  async #begin(): Promise<void> {
    const { topic, id, partition } = this.owned;
    const turn = this.#turn;
    const wanted = await this.#retrying(() => this.#options.onAssigned?.(topic, partition));
    if (turn !== this.#turn) return;
    this.#database.sequence();
    const { tables } = this.#database;
    const committed = tables.positions.get([this.#options.group, id, partition]);
    this.#position = wanted ?? committed ?? headOf(tables, id, partition).low;
  }

  /** Repeats what fails for a passing reason, for as long as the partition is owned. */
  async #retrying<T>(work: () => Promise<T> | undefined): Promise<T | undefined> {
    while (!this.#isOver) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LikenessError && error.retryable)) throw error;
        this.#options.onRetry?.(error, this.owned);
        await this.#pause();
      }
    }
    return undefined;
  }

  async #deliverNext(): Promise<boolean> {
    const turn = this.#turn;
    const batch = this.#nextBatch(turn);
    if (!batch) return false;
    try {
      await this.#options.onBatch(batch.batch);
      if (turn === this.#turn) this.#position = batch.next;
    } catch (error) {
      this.#options.onRetry?.(error, this.owned);
      if (!this.#isOver) await this.#pause();
    }
    return true;
  }

  #nextBatch(turn: number): { batch: Batch; next: number } | undefined {
    this.#database.sequence();
    const { topic, id, partition } = this.owned;
    // A topic that is gone leaves nothing to check against; the group is about to take the partition away.
    if (this.#database.tables.topics.get(topic)?.id !== id) return undefined;
    const { low, high } = headOf(this.#database.tables, id, partition);
    checkPosition(this.owned, this.#position, { low, high });
    if (this.#position === high) return undefined;
    const range = { from: this.#position, to: high, maxBytes: this.#options.maxBytesPerPartition ?? defaultMaxBytes };
    const { records, next } = readLog(this.#database.tables, [id, partition], range);
    if (records.length === 0) {
      this.#position = next;
      return undefined;
    }
    const isStale = () => this.#stop.signal.aborted || turn !== this.#turn;
    return { batch: { topic, partition, records, highWatermark: high, isStale, heartbeat: beat(isStale) }, next };
  }

  async #pause(): Promise<void> {
    const { signal } = this.#stop;
    await sleep(this.#options.retryMs ?? defaultRetryMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

function beat(isStale: () => boolean): () => Promise<void> {
  return async () => {
    if (!isStale()) return;
    throw new LikenessError('BrokerUnavailable', 'The partition no longer belongs to this consumer.', {
      retryable: true,
    });
  };
}
