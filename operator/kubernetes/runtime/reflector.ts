/** Follows one collection for ever: list in pages, then watch; whatever breaks, it goes on from where it was. */
import type { Logger } from 'pino';
import type { Api, Selection } from './api.ts';
import { ApiError, isExpired } from './api-error.ts';
import { jitteredWait } from './backoff.ts';
import { type KubeObject, keyOf, type Resource } from './resource.ts';
import { sleep, type Timing } from './timing.ts';

/** Why a watch ended. */
export type WatchEnd = 'closed' | 'expired' | 'failed' | 'stalled' | 'relist';

/** Takes what the reflector learns, in order. */
export interface Sink<T> {
  upsert(object: T): void;
  delete(object: T): void;
  /** A list is complete: whatever of this collection is not among these keys is gone. */
  listed(keys: ReadonlySet<string>): void;
  ended(cause: WatchEnd): void;
}

export interface Pace {
  readonly pageSize: number;
  /** The server ends a watch after this, so that clients spread over servers anew. */
  readonly watchMs: number;
  /** A watch that says nothing for this long, not even a bookmark (one a minute), is dead. */
  readonly silenceMs: number;
  /** Everything is listed again this often, whatever the watch said. */
  readonly relistMs: number;
}

export const defaultPace: Pace = { pageSize: 100, watchMs: 300_000, silenceMs: 150_000, relistMs: 3_600_000 };

export interface ReflectorOptions<T> {
  readonly api: Pick<Api, 'listPage' | 'watch'>;
  readonly resource: Resource;
  readonly selection: Selection;
  readonly pace: Pace;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly sink: Sink<T>;
}

const backoff = { firstMs: 800, longestMs: 30_000 };
/** A watch that lived as long as this was no failure to connect. */
const soundAfterMs = 5_000;
/** Then the resource version itself is doubted: a server restored from a backup has gone back in time. */
const refusalsBeforeRelist = 5;

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #life = new AbortController();
  #running: Promise<void> | undefined;
  #version: string | undefined;
  #relistAt = 0;
  #heardAt: number;
  /** In a row. */
  #failures = 0;
  /** Failures in a row that the server itself answered with; an outage is no reason to list everything. */
  #refusals = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#heardAt = options.timing.monotonic();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when no request is open any more. */
  async stop(): Promise<void> {
    this.#life.abort();
    await this.#running;
  }

  /** Milliseconds since the server was last heard. */
  silentMs(): number {
    return this.#options.timing.monotonic() - this.#heardAt;
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        const cause = await this.#watch(this.#version!);
        if (!signal.aborted) await this.#ended(cause);
      } catch (error) {
        if (!signal.aborted) await this.#failed(error);
      }
    }
  }

  async #list(): Promise<void> {
    const { api, resource, selection, pace, sink, timing } = this.#options;
    const keys = new Set<string>();
    let next: string | undefined;
    let version: string;
    do {
      const page = await api.listPage<T>(resource, selection, {
        limit: pace.pageSize,
        signal: this.#life.signal,
        ...(next && { continue: next }),
      });
      this.#life.signal.throwIfAborted();
      for (const object of page.items) {
        keys.add(keyOf(object.metadata));
        sink.upsert(object);
      }
      this.#heard();
      version = page.resourceVersion;
      next = page.continue;
      await timing.turn();
    } while (next);
    sink.listed(keys);
    this.#version = version;
    // Jittered, or every informer of a fleet lists at the same moment.
    this.#relistAt = timing.monotonic() + pace.relistMs * (0.8 + 0.4 * timing.random());
  }

  /** Ends by itself only when the server closed the stream; an end of our own making says why. */
  async #watch(resourceVersion: string): Promise<WatchEnd> {
    const { api, resource, selection, pace, timing } = this.#options;
    const attempt = new AbortController();
    let cause: WatchEnd = 'closed';
    const end = (why: WatchEnd) => {
      cause = why;
      attempt.abort();
    };
    const stopped = () => attempt.abort();
    this.#life.signal.addEventListener('abort', stopped, { once: true });
    if (this.#life.signal.aborted) stopped();
    const begun = timing.monotonic();
    this.#heard();
    const cancels = [
      this.#whenSilent(() => end('stalled')),
      timing.after(Math.max(0, this.#relistAt - begun), () => end('relist')),
    ];
    try {
      const timeoutSeconds = Math.ceil((pace.watchMs / 1000) * (1 + timing.random()));
      const from = { resourceVersion, timeoutSeconds, signal: attempt.signal };
      for await (const { type, object } of api.watch<T>(resource, selection, from)) {
        if (attempt.signal.aborted) break;
        this.#take(type, object);
      }
    } catch (error) {
      if (!attempt.signal.aborted) throw error;
    } finally {
      for (const cancel of cancels) cancel();
      this.#life.signal.removeEventListener('abort', stopped);
      if (timing.monotonic() - begun >= soundAfterMs) this.#isSound();
    }
    return cause;
  }

  #take(type: string, object: T): void {
    const { sink } = this.#options;
    this.#heard();
    this.#isSound();
    if (type === 'DELETED') sink.delete(object);
    else if (type !== 'BOOKMARK') sink.upsert(object);
    this.#version = object.metadata.resourceVersion ?? this.#version;
  }

  #isSound(): void {
    this.#failures = 0;
    this.#refusals = 0;
  }

  #heard(): void {
    this.#heardAt = this.#options.timing.monotonic();
  }

  /** One timer for the whole watch, set anew only when it fires, however many events come. */
  #whenSilent(run: () => void): () => void {
    const { timing, pace } = this.#options;
    let cancel: () => void;
    const check = () => {
      const left = pace.silenceMs - this.silentMs();
      if (left <= 0) run();
      else cancel = timing.after(left, check);
    };
    cancel = timing.after(pace.silenceMs, check);
    return () => cancel();
  }

  async #ended(cause: WatchEnd): Promise<void> {
    const { sink, logger } = this.#options;
    sink.ended(cause);
    if (cause === 'relist') this.#version = undefined;
    if (cause === 'stalled')
      logger.warn({ code: 'WatchStalled', ...this.#about() }, 'watch was silent; watching again');
    // A stream that is closed again and again as soon as it is open must not become a storm.
    if (cause === 'closed' && this.#failures++ > 0) await this.#wait();
  }

  async #failed(error: unknown): Promise<void> {
    const { sink, logger } = this.#options;
    this.#failures++;
    if (isExpired(error)) {
      sink.ended('expired');
      this.#version = undefined;
      logger.info({ code: 'WatchExpired', ...this.#about() }, 'resource version is too old; listing again');
      if (this.#failures === 1) return;
    } else {
      sink.ended('failed');
      const code = error instanceof ApiError ? error.reason : 'Unknown';
      logger.warn({ code, error, failures: this.#failures, ...this.#about() }, 'watch failed; trying again');
      if (error instanceof ApiError && error.code > 0 && ++this.#refusals % refusalsBeforeRelist === 0)
        this.#version = undefined;
    }
    await this.#wait();
  }

  #wait(): Promise<void> {
    const { timing } = this.#options;
    return sleep(timing, jitteredWait(backoff, this.#failures - 1, timing.random), this.#life.signal);
  }

  #about() {
    const { resource, selection } = this.#options;
    return { resource: resource.plural, ...(selection.namespace && { namespace: selection.namespace }) };
  }
}
