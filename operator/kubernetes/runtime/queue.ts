/** The work queue: a key waits once however often it is added, and is never worked on by two at a time. */
import { ItemBackoff, TokenBucket } from './backoff.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { Timing } from './timing.ts';

export interface QueueOptions {
  /** Label of the metrics. */
  readonly name: string;
  readonly timing: Timing;
  readonly metrics: Pick<RuntimeMetrics, 'depth' | 'adds' | 'retries' | 'queued' | 'worked'>;
  readonly firstRetryMs?: number;
  readonly longestRetryMs?: number;
  /** Least time between the end of work on a key and the next work on it: what comes in between is one piece of work. */
  readonly pauseMs?: number;
  /** Retries of all keys together. */
  readonly retriesPerSecond?: number;
  readonly retryBurst?: number;
}

interface Delayed {
  readonly at: number;
  readonly cancel: () => void;
}

export class WorkQueue {
  readonly #timing: Timing;
  readonly #metrics: QueueOptions['metrics'];
  readonly #labels: { readonly name: string; readonly controller: string };
  readonly #backoff: ItemBackoff;
  readonly #bucket: TokenBucket;
  /** Keys with work to do, and since when: waiting, or to wait again once their worker is done. */
  readonly #dirty = new Map<string, number>();
  /** Keys being worked on, and since when. */
  readonly #active = new Map<string, number>();
  /** In the order of their turn; a subset of #dirty that excludes #active. */
  readonly #waiting = new Set<string>();
  /** Keys whose work has just ended, and when; the earliest first. */
  readonly #ended = new Map<string, number>();
  readonly #pauseMs: number;
  readonly #delayed = new Map<string, Delayed>();
  readonly #idle: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(options: QueueOptions) {
    const { firstRetryMs = 5, longestRetryMs = 1_000_000, retriesPerSecond = 10, retryBurst = 100 } = options;
    this.#timing = options.timing;
    this.#pauseMs = options.pauseMs ?? 0;
    this.#metrics = options.metrics;
    this.#labels = { name: options.name, controller: options.name };
    this.#backoff = new ItemBackoff({ firstMs: firstRetryMs, longestMs: longestRetryMs });
    this.#bucket = new TokenBucket({ perSecond: retriesPerSecond, burst: retryBurst }, options.timing);
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** Keys being worked on. */
  get active(): number {
    return this.#active.size;
  }

  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    const pause = this.#pauseLeft(key);
    if (pause > 0) return this.addAfter(key, pause);
    this.#dirty.set(key, this.#timing.monotonic());
    this.#metrics.adds.inc(this.#labels);
    if (!this.#active.has(key)) this.#queue(key);
  }

  /** Adds later; of several such wishes for one key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) return this.add(key);
    const at = this.#timing.monotonic() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier && earlier.at <= at) return;
    earlier?.cancel();
    const cancel = this.#timing.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  /** Adds after a failure: later with each one, and never more than the bucket lets through. */
  retry(key: string): void {
    if (this.#closed) return;
    this.#metrics.retries.inc(this.#labels);
    this.addAfter(key, Math.max(this.#backoff.next(key), this.#bucket.reserve()));
  }

  /** The key's failures no longer count. */
  forget(key: string): void {
    this.#backoff.forget(key);
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#backoff.failures(key);
  }

  /** The next key, to be given back by `done`; undefined once the queue is shut down. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [key] = this.#waiting;
    if (key === undefined) return new Promise((resolve) => this.#idle.push(resolve));
    this.#waiting.delete(key);
    this.#begin(key);
    return Promise.resolve(key);
  }

  /** Must follow every `take`. A key added meanwhile waits again. */
  done(key: string): void {
    const since = this.#active.get(key);
    if (since === undefined) throw new Error(`The key ${key} is not being worked on.`);
    this.#active.delete(key);
    this.#metrics.worked.observe(this.#labels, (this.#timing.monotonic() - since) / 1000);
    if (this.#pauseMs > 0) this.#noteEnd(key);
    if (this.#closed || !this.#dirty.has(key)) return;
    if (this.#pauseMs === 0) return this.#queue(key);
    this.#dirty.delete(key);
    this.addAfter(key, this.#pauseMs);
  }

  /** Forgets what waits; who waits in `take` gets undefined. Work in progress goes on. */
  shutdown(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#dirty.clear();
    this.#metrics.depth.set(this.#labels, 0);
    for (const resolve of this.#idle.splice(0)) resolve(undefined);
  }

  #noteEnd(key: string): void {
    const now = this.#timing.monotonic();
    this.#ended.delete(key);
    this.#ended.set(key, now);
    for (const [other, at] of this.#ended) {
      if (now - at < this.#pauseMs) break;
      this.#ended.delete(other);
    }
  }

  #pauseLeft(key: string): number {
    const at = this.#ended.get(key);
    return at === undefined ? 0 : at + this.#pauseMs - this.#timing.monotonic();
  }

  #queue(key: string): void {
    const worker = this.#idle.shift();
    if (worker) {
      this.#begin(key);
      worker(key);
      return;
    }
    this.#waiting.add(key);
    this.#metrics.depth.set(this.#labels, this.#waiting.size);
  }

  #begin(key: string): void {
    const now = this.#timing.monotonic();
    this.#metrics.queued.observe(this.#labels, (now - (this.#dirty.get(key) ?? now)) / 1000);
    this.#metrics.depth.set(this.#labels, this.#waiting.size);
    this.#dirty.delete(key);
    this.#active.set(key, now);
  }
}
