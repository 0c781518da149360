/** One assigned partition between kafkajs' fetch loop, which fills it, and the handler, which empties it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, BrokerRecord } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';

/** What one fetch brought. `records` is empty where only markers or compacted records lay. */
export interface Fetched {
  readonly records: readonly BrokerRecord[];
  /** The offset to fetch next. */
  readonly next: number;
  readonly highWatermark: number;
}

export interface FlowHandlers {
  readonly onBatch: (batch: Batch) => Promise<void>;
  /** After each batch and each gap: everything before `next` is done. */
  readonly onProgress?: (topic: string, partition: number, next: number) => void;
  readonly onRetry?: (error: unknown, at: { topic: string; partition: number }) => void;
  readonly onFatal: (error: unknown) => void;
  readonly retryMs?: number;
}

/** One batch is worked on and so many wait: the next fetch overlaps the work, and memory stays bounded. */
const maxWaiting = 1;
const defaultRetryMs = 500;

export class PartitionFlow {
  readonly topic: string;
  readonly partition: number;
  /** What kafkajs must fetch next; undefined until the position is known. */
  expected: number | undefined;
  /** The group's position as far as this consumer knows; where reading began, if none was committed. */
  committed: number | undefined;
  readonly #handlers: FlowHandlers;
  readonly #revoked = new AbortController();
  #waiting: Fetched[] = [];
  /** Rises with every seek: what was delivered before it is stale. */
  #turn = 0;
  #working: Promise<void> | undefined;
  #finishing = false;
  readonly #onRoom = new Set<() => void>();

  constructor(topic: string, partition: number, handlers: FlowHandlers) {
    this.topic = topic;
    this.partition = partition;
    this.#handlers = handlers;
  }

  get isRevoked(): boolean {
    return this.#revoked.signal.aborted;
  }

  get hasRoom(): boolean {
    return this.isRevoked || this.#waiting.length < maxWaiting;
  }

  /** Resolves when everything pushed is worked on, or after `ms`. */
  async idleWithin(ms: number): Promise<void> {
    if (this.#working === undefined) return;
    const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
    const timer = setTimeout(giveUp, ms);
    await Promise.race([this.#working, late]);
    clearTimeout(timer);
  }

  /** Resolves when there is room, or after `ms`. */
  async roomWithin(ms: number): Promise<void> {
    let wake = () => {};
    const room = new Promise<void>((resolve) => (wake = resolve));
    this.#onRoom.add(wake);
    const timer = setTimeout(wake, ms);
    await room;
    clearTimeout(timer);
    this.#onRoom.delete(wake);
  }

  push(fetched: Fetched): void {
    if (this.#finishing) return;
    this.expected = fetched.next;
    this.#waiting.push(fetched);
    this.#working ??= this.#work();
  }

  seek(offset: number): void {
    this.expected = offset;
    this.#turn++;
    this.#clear();
  }

  /** From now on everything is stale. */
  revoke(): void {
    this.#revoked.abort();
    this.#clear();
  }

  /** Lets the batch under way end well, and takes no other. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#clear();
    await this.#working;
  }

  /** Repeats what fails for a passing reason, for as long as the partition is owned. */
  async retrying<T>(work: () => Promise<T> | undefined): Promise<T | undefined> {
    while (!this.isRevoked && !this.#finishing) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof LikenessError && error.retryable)) throw error;
        this.#handlers.onRetry?.(error, this);
        await this.#pause();
      }
    }
    return undefined;
  }

  #clear(): void {
    this.#waiting = [];
    this.#announceRoom();
  }

  #announceRoom(): void {
    for (const wake of this.#onRoom) wake();
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const fetched = this.#waiting.shift()!;
      this.#announceRoom();
      await this.#deliver(fetched);
    }
    this.#working = undefined;
  }

  /** The same batch again and again until it is done or stale. */
  async #deliver({ records, next, highWatermark }: Fetched): Promise<void> {
    const turn = this.#turn;
    const isStale = () => this.isRevoked || turn !== this.#turn;
    const { topic, partition } = this;
    const batch: Batch = { topic, partition, records, highWatermark, isStale, heartbeat: () => this.#beat(isStale) };
    while (!isStale()) {
      try {
        if (records.length > 0) await this.#handlers.onBatch(batch);
        if (!isStale()) this.#handlers.onProgress?.(topic, partition, next);
        return;
      } catch (error) {
        this.#handlers.onRetry?.(error, this);
        if (this.#finishing) return;
        if (!isStale()) await this.#pause();
      }
    }
  }

  /** The fetch loop and the wait for room keep the membership alive; this only says whether it was lost. */
  async #beat(isStale: () => boolean): Promise<void> {
    if (!isStale()) return;
    const message = `Partition ${this.partition} of ${this.topic} no longer belongs to this consumer.`;
    throw new LikenessError('BrokerUnavailable', message, { retryable: true });
  }

  async #pause(): Promise<void> {
    const { signal } = this.#revoked;
    await sleep(this.#handlers.retryMs ?? defaultRetryMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
