/** The API server's verbs on raw JSON: nothing is dropped, renamed or turned into a Date on the way. */
import { ApiError, isNotFound } from './api-error.ts';
import { type Call, Requests, type RequestsOptions } from './requests.ts';
import { collectionPath, type KubeObject, objectPath, type ObjectRef, type Resource } from './resource.ts';
import { readWatch, type WatchEvent } from './watch-stream.ts';

export interface ApiOptions extends RequestsOptions {
  /** Owner of every field that this client writes. */
  readonly fieldManager: string;
}

export interface Selection {
  /** Absent: every namespace. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Only `metadata` of each object is sent. */
  readonly metadataOnly?: boolean;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continue?: string;
}

export interface CallOptions {
  /** Ends the request. */
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** The server decides and answers as if, and stores nothing. */
  readonly dryRun?: boolean;
  readonly subresource?: string;
}

export interface DeleteOptions {
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
  /** Refused with a conflict unless the object still is this one. */
  readonly uid?: string;
  readonly dryRun?: boolean;
}

const metadataAs = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1`;

export class Api {
  readonly #requests: Requests;
  readonly #fieldManager: string;

  constructor(options: ApiOptions) {
    this.#requests = new Requests(options);
    this.#fieldManager = options.fieldManager;
  }

  async get<T = KubeObject>(resource: Resource, ref: ObjectRef, options: CallOptions = {}): Promise<T> {
    return (await this.#requests.json({ method: 'GET', path: objectPath(resource, ref), ...options })).body as T;
  }

  /** Undefined when there is none. */
  async find<T = KubeObject>(resource: Resource, ref: ObjectRef, options: CallOptions = {}): Promise<T | undefined> {
    try {
      return await this.get<T>(resource, ref, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async listPage<T = KubeObject>(
    resource: Resource,
    selection: Selection,
    page: CallOptions & { readonly limit?: number; readonly continue?: string } = {},
  ): Promise<ListPage<T>> {
    const { labelSelector, fieldSelector } = selection;
    const { body } = await this.#requests.json({
      method: 'GET',
      path: collectionPath(resource, selection.namespace),
      query: { labelSelector, fieldSelector, limit: page.limit, continue: page.continue },
      ...(selection.metadataOnly && { accept: metadataAs('PartialObjectMetadataList') }),
      ...(page.signal && { signal: page.signal }),
    });
    const { items, metadata } = body as { items?: T[]; metadata: { resourceVersion: string; continue?: string } };
    const next = metadata.continue ? { continue: metadata.continue } : {};
    return { items: items ?? [], resourceVersion: metadata.resourceVersion, ...next };
  }

  /**
   * Changes after `resourceVersion`, with bookmarks. Ends when the server ends it (after `timeoutSeconds` at the
   * latest) or `signal` is aborted; an event of type ERROR is thrown as ApiError, such as 410 for a version too old.
   */
  async *watch<T = KubeObject>(
    resource: Resource,
    selection: Selection,
    from: { readonly resourceVersion: string; readonly timeoutSeconds: number; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>> {
    const { labelSelector, fieldSelector } = selection;
    const { resourceVersion, timeoutSeconds, signal } = from;
    const path = collectionPath(resource, selection.namespace);
    const query = {
      watch: 1,
      allowWatchBookmarks: true,
      resourceVersion,
      timeoutSeconds,
      labelSelector,
      fieldSelector,
    };
    const accept = selection.metadataOnly ? { accept: metadataAs('PartialObjectMetadata') } : {};
    const body = await this.#requests.stream({ method: 'GET', path, query, signal, ...accept });
    // Leaving this loop, however, destroys the body and with it the connection.
    for await (const event of readWatch<T>(body, `watch ${path}`)) {
      if (event.type === 'ERROR') throw watchError(path, event.object);
      yield event;
    }
  }

  /** Rejects with 409 AlreadyExists. */
  async create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const path = options.subresource
      ? objectPath(resource, object.metadata, options.subresource)
      : collectionPath(resource, object.metadata.namespace);
    return (await this.#write({ method: 'POST', path, body: object }, options)).body as T;
  }

  /** The whole object; rejects with 409 Conflict when its resourceVersion is no longer the server's. */
  async replace<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions = {}): Promise<T> {
    const path = objectPath(resource, object.metadata, options.subresource);
    return (await this.#write({ method: 'PUT', path, body: object }, options)).body as T;
  }

  /** Server-side apply, forced: what is listed here is ours. `created` tells whether there was none before. */
  async apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions = {},
  ): Promise<{ readonly object: T; readonly created: boolean }> {
    const path = objectPath(resource, object.metadata, options.subresource);
    const contentType = 'application/apply-patch+yaml';
    const call = { method: 'PATCH', path, body: object, contentType, query: { force: true } } as const;
    const { status, body } = await this.#write(call, options);
    return { object: body as T, created: status === 201 };
  }

  /** JSON merge patch (RFC 7396): null removes. With `metadata.resourceVersion` in it, 409 Conflict when that is old. */
  async mergePatch<T = KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = objectPath(resource, ref, options.subresource);
    const contentType = 'application/merge-patch+json';
    return (await this.#write({ method: 'PATCH', path, body: patch, contentType }, options)).body as T;
  }

  /** False when there was none. */
  async delete(resource: Resource, ref: ObjectRef, options: DeleteOptions = {}): Promise<boolean> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: options.propagation ?? 'Background',
      ...(options.uid && { preconditions: { uid: options.uid } }),
      ...(options.dryRun && { dryRun: ['All'] }),
    };
    try {
      await this.#requests.json({ method: 'DELETE', path: objectPath(resource, ref), body });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  #write(call: Call, { dryRun, signal }: WriteOptions) {
    const query = { ...call.query, fieldManager: this.#fieldManager, dryRun: dryRun ? 'All' : undefined };
    return this.#requests.json({ ...call, query, ...(signal && { signal }) });
  }
}

function watchError(path: string, object: unknown): ApiError {
  const {
    code = 500,
    reason = 'Unknown',
    message = 'no message',
  } = object as {
    code?: number;
    reason?: string;
    message?: string;
  };
  return new ApiError(`watch ${path}: ${message}`, { code, reason });
}
