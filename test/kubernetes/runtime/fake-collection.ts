/** A collection in memory that lists, watches and fails as the API server does, without a socket. */
import { ApiError } from '../../../operator/kubernetes/runtime/api-error.ts';
import type { ListPage, Selection } from '../../../operator/kubernetes/runtime/api.ts';
import type { KubeObject, Resource } from '../../../operator/kubernetes/runtime/resource.ts';
import type { WatchEvent } from '../../../operator/kubernetes/runtime/watch-stream.ts';
import { type ConfigMap, configMap } from './world.ts';

interface Logged {
  readonly version: number;
  readonly event: WatchEvent<ConfigMap>;
}

interface LiveWatch {
  wake: () => void;
  fault: ApiError | 'end' | undefined;
  stalled: boolean;
}

export class FakeCollection {
  readonly objects = new Map<string, ConfigMap>();
  readonly calls: string[] = [];
  /** Errors of the next calls, in order. */
  readonly failures: ApiError[] = [];
  readonly #log: Logged[] = [];
  readonly #watches = new Set<LiveWatch>();
  readonly #snapshots = new Map<string, readonly ConfigMap[]>();
  #version = 1;
  #compacted = 0;

  get liveWatches(): number {
    return this.#watches.size;
  }

  put(name: string): void {
    const type = this.objects.has(name) ? 'MODIFIED' : 'ADDED';
    const object = configMap(name, String(++this.#version));
    this.objects.set(name, object);
    this.#append(type, object);
  }

  remove(name: string): void {
    const object = this.objects.get(name);
    if (!object) return;
    this.objects.delete(name);
    this.#append('DELETED', configMap(name, String(++this.#version)));
  }

  bookmark(): void {
    this.#append('BOOKMARK', configMap('', String(this.#version)));
  }

  /** Forgets the past: older watches and continue tokens get 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#snapshots.clear();
  }

  /** Ends every watch, in order or with an error. */
  breakWatches(fault: ApiError | 'end'): void {
    for (const watch of this.#watches) {
      watch.fault = fault;
      watch.wake();
    }
  }

  /** Watches stay open and say nothing any more. */
  stallWatches(): void {
    for (const watch of this.#watches) watch.stalled = true;
  }

  async listPage<T = KubeObject>(
    _resource: Resource,
    _selection: Selection,
    page: { readonly limit?: number; readonly continue?: string; readonly signal?: AbortSignal } = {},
  ): Promise<ListPage<T>> {
    this.#call('list', page.signal);
    await Promise.resolve();
    const [version, offset] = (page.continue ?? `${this.#version}:0`).split(':').map(Number);
    if (!page.continue) this.#snapshots.set(String(version), [...this.objects.values()]);
    const snapshot = this.#snapshots.get(String(version));
    if (!snapshot) throw expired();
    const end = offset! + (page.limit ?? Infinity);
    const items = snapshot.slice(offset, end).map(({ metadata, data }) => ({ metadata, data }) as T);
    return { items, resourceVersion: String(version), ...(end < snapshot.length && { continue: `${version}:${end}` }) };
  }

  async *watch<T = KubeObject>(
    _resource: Resource,
    _selection: Selection,
    from: { readonly resourceVersion: string; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>> {
    this.#call(`watch ${from.resourceVersion}`, from.signal);
    if (Number(from.resourceVersion) < this.#compacted) throw expired();
    const watch: LiveWatch = { wake: () => undefined, fault: undefined, stalled: false };
    this.#watches.add(watch);
    const wake = () => watch.wake();
    from.signal.addEventListener('abort', wake);
    let next = this.#log.findIndex(({ version }) => version > Number(from.resourceVersion));
    if (next < 0) next = this.#log.length;
    try {
      for (;;) {
        if (from.signal.aborted) throw new ApiError('aborted', { code: 0, reason: 'ConnectionLost' });
        if (watch.fault === 'end') return;
        if (watch.fault) throw watch.fault;
        if (next < this.#log.length && !watch.stalled) yield this.#log[next++]!.event as WatchEvent<T>;
        else await new Promise<void>((resolve) => (watch.wake = resolve));
      }
    } finally {
      this.#watches.delete(watch);
      from.signal.removeEventListener('abort', wake);
    }
  }

  #call(what: string, signal?: AbortSignal): void {
    this.calls.push(what);
    if (signal?.aborted) throw new ApiError('aborted', { code: 0, reason: 'ConnectionLost' });
    const failure = this.failures.shift();
    if (failure) throw failure;
  }

  #append(type: WatchEvent<ConfigMap>['type'], object: ConfigMap): void {
    this.#log.push({ version: Number(object.metadata.resourceVersion), event: { type, object } });
    for (const watch of this.#watches) watch.wake();
  }
}

export const expired = () => new ApiError('too old', { code: 410, reason: 'Expired' });
export const internal = () => new ApiError('broken', { code: 500, reason: 'InternalError' });
