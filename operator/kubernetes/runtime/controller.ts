/** Keeps calling reconcile: for every key that an informer tells of, for all keys now and then, again after failures. */
import type { Logger } from 'pino';
import { isConflict } from './api-error.ts';
import type { Informer } from './informer.ts';
import type { RuntimeMetrics } from './metrics.ts';
import type { WorkQueue } from './queue.ts';
import type { KubeObject } from './resource.ts';
import { sleep, type Timing } from './timing.ts';

export interface ReconcileResult {
  /** Reconcile this key again then, if nothing else comes first. */
  readonly requeueAfterMs?: number;
}

export interface Source {
  /** Resolves when it knows everything there is. */
  whenSynced(): Promise<void>;
  /** Calls `enqueue` with a key whenever that key must be reconciled. */
  subscribe(enqueue: (key: string) => void): void;
}

export interface ControllerOptions {
  /** Label of the metrics. */
  readonly name: string;
  readonly queue: WorkQueue;
  readonly sources: readonly Source[];
  /** Never runs twice at once for one key. What it throws is logged and tried again, later each time; a conflict is no error. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | void>;
  /** Every key there is, for the full pass. */
  readonly allKeys: () => Iterable<string>;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: Pick<
    RuntimeMetrics,
    'reconciles' | 'reconcileErrors' | 'reconcileTime' | 'activeWorkers' | 'maxWorkers'
  >;
  readonly workers?: number;
  readonly fullPassMs?: number;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #life = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** Waits for the sources, reconciles every key once, and goes on until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the reconciles in progress have ended; their signal is aborted. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#options.queue.shutdown();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { sources, queue, allKeys, metrics, name, workers = 10, logger } = this.#options;
    for (const source of sources) source.subscribe((key) => queue.add(key));
    await Promise.race([Promise.all(sources.map((source) => source.whenSynced())), aborted(this.#life.signal)]);
    if (this.#life.signal.aborted) return;
    for (const key of allKeys()) queue.add(key);
    logger.info({ controller: name, workers, keys: queue.depth }, 'reconciling');
    metrics.maxWorkers.set({ controller: name }, workers);
    await Promise.all([this.#fullPasses(), ...Array.from({ length: workers }, () => this.#work())]);
  }

  /** Spread over the whole period, so that a pass over many keys is no burst. */
  async #fullPasses(): Promise<void> {
    const { timing, queue, allKeys, fullPassMs = 120_000 } = this.#options;
    for (;;) {
      await sleep(timing, fullPassMs, this.#life.signal);
      if (this.#life.signal.aborted) return;
      const keys = [...allKeys()];
      for (const [index, key] of keys.entries()) queue.addAfter(key, (index / keys.length) * fullPassMs * 0.9);
    }
  }

  async #work(): Promise<void> {
    const { queue, timing } = this.#options;
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      await this.#reconcile(key);
      queue.done(key);
      // Reconciles that find nothing to do never wait for I/O, and the lease must be renewed in between.
      await timing.turn();
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { name: controller, reconcile, queue, timing, metrics } = this.#options;
    const begun = timing.monotonic();
    metrics.activeWorkers.inc({ controller });
    try {
      const result = await reconcile(key, this.#life.signal);
      queue.forget(key);
      const later = result?.requeueAfterMs;
      if (later !== undefined) queue.addAfter(key, later);
      metrics.reconciles.inc({ controller, result: later === undefined ? 'success' : 'requeue_after' });
    } catch (error) {
      this.#failed(key, error);
    } finally {
      metrics.activeWorkers.dec({ controller });
      metrics.reconcileTime.observe({ controller }, (timing.monotonic() - begun) / 1000);
    }
  }

  #failed(key: string, error: unknown): void {
    const { name: controller, queue, metrics, logger } = this.#options;
    if (this.#life.signal.aborted) return;
    queue.retry(key);
    if (isConflict(error)) {
      // The cache is behind, mostly behind our own write: what it shows in a moment is decided upon anew.
      metrics.reconciles.inc({ controller, result: 'requeue' });
      logger.debug({ error, controller, key, conflicts: queue.failures(key) }, 'the cache is behind; trying again');
      return;
    }
    metrics.reconciles.inc({ controller, result: 'error' });
    metrics.reconcileErrors.inc({ controller });
    const code = error instanceof Error && 'reason' in error ? error.reason : 'ReconcileFailed';
    logger.error({ code, error, controller, key, failures: queue.failures(key) }, 'reconcile failed; trying again');
  }
}

/** A source that tells of every change of an informer's objects; `keysOf` says whose key each one concerns. */
export function informerSource<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (object: T) => Iterable<string>,
): Source {
  return {
    whenSynced: () => informer.whenSynced(),
    subscribe: (enqueue) => {
      informer.onChange(({ object, previous }) => {
        // An object that changed hands concerns its former owner too.
        for (const key of new Set([...keysOf(object), ...(previous ? keysOf(previous) : [])])) enqueue(key);
      });
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
