/** One Lease on a server in memory, with optimistic concurrency, delays and failures. */
import { ApiError } from '../../../operator/kubernetes/runtime/api-error.ts';
import type { CallOptions } from '../../../operator/kubernetes/runtime/api.ts';
import type { Lease } from '../../../operator/kubernetes/runtime/lease-record.ts';
import type { KubeObject, ObjectRef, Resource } from '../../../operator/kubernetes/runtime/resource.ts';
import { sleep } from '../../../operator/kubernetes/runtime/timing.ts';
import type { FakeTiming } from './fake-timing.ts';

export class FakeLeases {
  stored: Lease | undefined;
  writes = 0;
  reads = 0;
  #version = 0;
  readonly #timing: FakeTiming;

  constructor(timing: FakeTiming) {
    this.#timing = timing;
  }

  /** A client whose every call takes `delayMs` before the server hears it and again before it is answered. */
  client(trouble: { delayMs: number; failing: boolean } = { delayMs: 0, failing: false }) {
    const through = async <T>(signal: AbortSignal | undefined, act: () => T): Promise<T> => {
      if (trouble.delayMs > 0) await sleep(this.#timing, trouble.delayMs, signal);
      if (signal?.aborted) throw lost();
      if (trouble.failing) throw new ApiError('broken', { code: 500, reason: 'InternalError' });
      const result = act();
      if (trouble.delayMs > 0) await sleep(this.#timing, trouble.delayMs, signal);
      if (signal?.aborted) throw lost();
      return result;
    };
    return {
      find: <T = KubeObject>(_resource: Resource, _ref: ObjectRef, { signal }: CallOptions = {}) =>
        through(signal, () => {
          this.reads++;
          return this.stored as T | undefined;
        }),
      create: <T extends KubeObject>(_resource: Resource, object: T, { signal }: CallOptions = {}) =>
        through(signal, () => {
          if (this.stored) throw new ApiError('there is one', { code: 409, reason: 'AlreadyExists' });
          return this.#store(object);
        }),
      replace: <T extends KubeObject>(_resource: Resource, object: T, { signal }: CallOptions = {}) =>
        through(signal, () => {
          if (object.metadata.resourceVersion !== this.stored?.metadata.resourceVersion)
            throw new ApiError('too late', { code: 409, reason: 'Conflict' });
          return this.#store(object);
        }),
    };
  }

  #store<T extends KubeObject>(object: T): T {
    this.writes++;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.stored = stored;
    return stored;
  }
}

const lost = () => new ApiError('aborted', { code: 0, reason: 'ConnectionLost' });
