/** A cache of some objects, kept up to date, that tells of every change. */
import type { Logger } from 'pino';
import type { Api } from './api.ts';
import { ObjectCache } from './object-cache.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { defaultPace, type Pace, Reflector, type Sink } from './reflector.ts';
import { apiVersionOf, type KubeObject, keyOf, type Resource } from './resource.ts';
import type { Timing } from './timing.ts';

export interface Change<T> {
  readonly type: 'Added' | 'Modified' | 'Deleted';
  /** As it is now; of a deleted one, as it last was. */
  readonly object: T;
  readonly previous?: T;
}

export type ChangeHandler<T> = (change: Change<T>) => void | Promise<void>;

export interface InformerOptions<T> {
  readonly api: Pick<Api, 'listPage' | 'watch'>;
  readonly resource: Resource;
  /** Absent or empty: all. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Caches `metadata` alone. */
  readonly metadataOnly?: boolean;
  /** Runs on every object before it is cached; the default drops managedFields. */
  readonly transform?: (object: T) => T;
  /** What `indexed` finds an object by, such as the key of its owner. */
  readonly indexBy?: (object: T) => string | undefined;
  /** Label of the metrics and logs; the plural of the resource by default. */
  readonly name?: string;
  readonly pace?: Partial<Pace>;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: Pick<RuntimeMetrics, 'watchEnds' | 'staleness' | 'cached' | 'handlerErrors'>;
}

export class Informer<T extends KubeObject = KubeObject> {
  readonly resource: Resource;
  readonly #options: InformerOptions<T>;
  readonly #name: string;
  readonly #apiVersion: string;
  readonly #cache: ObjectCache<T>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #reflectors: readonly Reflector<T>[];
  readonly #unlisted: Set<string | undefined>;
  readonly #synced = Promise.withResolvers<void>();

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.resource = options.resource;
    this.#apiVersion = apiVersionOf(options.resource);
    this.#name = options.name ?? options.resource.plural;
    this.#cache = new ObjectCache(options.indexBy);
    const namespaces = options.namespaces?.length ? [...new Set(options.namespaces)] : [undefined];
    this.#unlisted = new Set(namespaces);
    this.#reflectors = namespaces.map((namespace) => this.#reflector(namespace));
  }

  /** Lists and watches until `stop`. */
  start(): void {
    const { staleness } = this.#options.metrics;
    staleness.set(this.#name, () => this.silentMs() / 1000);
    for (const reflector of this.#reflectors) reflector.start();
  }

  /** Resolves when no request is open any more; the cache stays as it was. */
  async stop(): Promise<void> {
    this.#options.metrics.staleness.delete(this.#name);
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }

  /** Resolves once everything has been listed for the first time. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  isSynced(): boolean {
    return this.#unlisted.size === 0;
  }

  /** Milliseconds since the server was last heard, on the watch that was heard least. */
  silentMs(): number {
    return Math.max(...this.#reflectors.map((reflector) => reflector.silentMs()));
  }

  get size(): number {
    return this.#cache.size;
  }

  /** `key` is `namespace/name`. What it gives must not be changed. */
  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#cache.keys();
  }

  values(): IterableIterator<T> {
    return this.#cache.values();
  }

  /** The objects for which `indexBy` says `value`. */
  indexed(value: string): T[] {
    return this.#cache.indexed(value);
  }

  /** Told of every change, in order, before the next; what it throws is logged and counted. The answer ends it. */
  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #reflector(namespace: string | undefined): Reflector<T> {
    const { api, resource, timing, logger, labelSelector, fieldSelector, metadataOnly } = this.#options;
    const selection = {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector && { labelSelector }),
      ...(fieldSelector && { fieldSelector }),
      ...(metadataOnly && { metadataOnly }),
    };
    const pace = { ...defaultPace, ...this.#options.pace };
    return new Reflector<T>({ api, resource, selection, pace, timing, logger, sink: this.#sink(namespace) });
  }

  #sink(namespace: string | undefined): Sink<T> {
    return {
      upsert: (object) => this.#upsert(object),
      delete: (object) => this.#delete(keyOf(object.metadata), this.#prepare(object)),
      listed: (keys) => {
        for (const [key, object] of this.#cache.entries())
          if (!keys.has(key) && (namespace === undefined || object.metadata.namespace === namespace))
            this.#delete(key, object);
        this.#unlisted.delete(namespace);
        if (this.#unlisted.size === 0) this.#synced.resolve();
      },
      ended: (cause) => this.#options.metrics.watchEnds.inc({ resource: this.#name, cause }),
    };
  }

  #upsert(raw: T): void {
    const key = keyOf(raw.metadata);
    const previous = this.#cache.get(key);
    if (previous && previous.metadata.resourceVersion === raw.metadata.resourceVersion) return;
    const object = this.#prepare(raw);
    this.#cache.set(key, object);
    this.#tell(previous ? { type: 'Modified', object, previous } : { type: 'Added', object });
  }

  #delete(key: string, object: T): void {
    const previous = this.#cache.get(key);
    if (!previous) return;
    this.#cache.delete(key);
    this.#tell({ type: 'Deleted', object, previous });
  }

  /** Items of a list come without a kind, metadata alone with a kind of its own. */
  #prepare(raw: T): T {
    const { resource, transform = withoutManagedFields } = this.#options;
    return transform({ ...raw, apiVersion: this.#apiVersion, kind: resource.kind });
  }

  #tell(change: Change<T>): void {
    this.#options.metrics.cached.set({ resource: this.#name }, this.#cache.size);
    for (const handler of this.#handlers) {
      try {
        const running = handler(change);
        if (running) running.catch((error: unknown) => this.#handlerFailed(error, change));
      } catch (error) {
        this.#handlerFailed(error, change);
      }
    }
  }

  #handlerFailed(error: unknown, { type, object }: Change<T>): void {
    const { logger, metrics } = this.#options;
    metrics.handlerErrors.inc({ resource: this.#name });
    const about = { code: 'HandlerFailed', error, resource: this.#name, type, key: keyOf(object.metadata) };
    logger.error(about, 'a handler of changes failed; the informer goes on');
  }
}

/** managedFields are up to half of an object's size and rarely read. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
