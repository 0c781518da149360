/** Server-side apply of rendered objects, one after the other; what is already so is not written again. */
import type { Api, WriteOptions } from './api.ts';
import { ApiError } from './api-error.ts';
import { contentHash } from './content-hash.ts';
import type { Change } from './informer.ts';
import { kinds } from './kinds.ts';
import { ownFields, ownsAll } from './owned-fields.ts';
import { type FieldSet, type KubeObject, keyOf, type Resource } from './resource.ts';
import type { Timing } from './timing.ts';

export interface ApplierOptions {
  readonly api: Pick<Api, 'apply' | 'get' | 'replace'>;
  readonly resourceOf: (object: KubeObject) => Resource;
  /** The object as an informer with the same transform caches it; undefined when there is none. */
  readonly cached: (object: KubeObject) => KubeObject | undefined;
  /** `keepOwnFields(fieldManager)`: the very function that the informers got. */
  readonly transform: (object: KubeObject) => KubeObject;
  /** Annotation that holds the hash of what was last applied. */
  readonly hashAnnotation: string;
  readonly timing: Timing;
}

/**
 * `Skipped`: known to be so, no request was made. `Unchanged`: the server had nothing to change. `Terminating`: it is
 * being deleted and will be made anew once it is gone.
 */
type ApplyAction = 'Created' | 'Changed' | 'Unchanged' | 'Skipped' | 'Terminating' | 'Failed';

export interface Applied {
  readonly wanted: KubeObject;
  readonly action: ApplyAction;
  /** As the server answered, or as cached when nothing was asked. */
  readonly object?: KubeObject;
  /** Of `Failed`. */
  readonly error?: unknown;
}

interface Memory {
  readonly hash: string;
  readonly fields: FieldSet | undefined;
  readonly at: number;
  readonly versionBefore: string | undefined;
  readonly version: string | undefined;
}

/** A cache that is further behind than this is not waited for. */
const cacheLagMs = 10_000;

export class Applier {
  readonly #options: ApplierOptions;
  readonly #memory = new Map<string, Memory>();
  /** A caller that has nothing new to say may come with the very same objects. */
  readonly #hashes = new WeakMap<KubeObject, string>();

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /**
   * Never throws: each object has its own outcome, and a failed one does not keep the later ones from their turn. With
   * `dryRun` the server is asked about every object and stores none.
   */
  async apply(
    objects: readonly KubeObject[],
    options: { readonly dryRun?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<Applied[]> {
    const results: Applied[] = [];
    for (const wanted of objects) {
      try {
        results.push(await this.#applyOne(wanted, options));
      } catch (error) {
        results.push({ wanted, action: 'Failed', error });
      }
    }
    return results;
  }

  /** For `informer.onChange` of every informer behind `cached`: what is gone is made anew at once. */
  readonly observe = ({ type, object }: Change<KubeObject>): void => {
    if (type === 'Deleted') this.#memory.delete(idOf(object));
  };

  async #applyOne(
    wanted: KubeObject,
    { dryRun = false, signal }: { readonly dryRun?: boolean; readonly signal?: AbortSignal },
  ): Promise<Applied> {
    const { api, resourceOf, cached, transform, hashAnnotation, timing } = this.#options;
    const hash = this.#hashOf(wanted);
    const before = cached(wanted);
    if (!dryRun) {
      if (before?.metadata.deletionTimestamp) return { wanted, action: 'Terminating', object: before };
      if (this.#isSo(wanted, before, hash)) return { wanted, action: 'Skipped', ...(before && { object: before }) };
    }
    const marked = withAnnotation(wanted, hashAnnotation, hash);
    const write: WriteOptions = { dryRun, ...(signal && { signal }) };
    const answer = await api.apply(resourceOf(wanted), marked, write).catch((error: unknown) => {
      if (!isCrossed(error, wanted)) throw error;
      return replaceService(api, marked, write);
    });
    const object = transform(answer.object);
    const versionBefore = before?.metadata.resourceVersion;
    const version = object.metadata.resourceVersion;
    if (!dryRun) {
      const fields = ownFields(object);
      this.#memory.set(idOf(wanted), { hash, fields, at: timing.monotonic(), versionBefore, version });
    }
    if (answer.created) return { wanted, action: 'Created', object };
    return { wanted, action: versionBefore === version ? 'Unchanged' : 'Changed', object };
  }

  #hashOf(wanted: KubeObject): string {
    const hash = this.#hashes.get(wanted) ?? contentHash(wanted);
    this.#hashes.set(wanted, hash);
    return hash;
  }

  #isSo(wanted: KubeObject, before: KubeObject | undefined, hash: string): boolean {
    const memory = this.#memory.get(idOf(wanted));
    // The cache does not show our last write yet: what we wrote is what there is.
    if (memory && isBehind(before, memory))
      return memory.hash === hash && this.#options.timing.monotonic() - memory.at < cacheLagMs;
    if (before?.metadata.annotations?.[this.#options.hashAnnotation] !== hash) return false;
    const fields = ownFields(before);
    if (!fields || !hasMetadata(before, wanted)) return false;
    // What the server itself left out of the set after our last apply is not worth another try.
    if (!ownsAll(fields, wanted)) return memory?.hash === hash && memory.fields === fields;
    // The cache says all that there is to know.
    this.#memory.delete(idOf(wanted));
    return true;
  }
}

/**
 * A Service whose port somebody renumbered has theirs beside ours, because ports are told apart by their number, and
 * both have the same name: an apply is then refused for ever.
 */
const isCrossed = (error: unknown, { apiVersion, kind }: KubeObject): boolean =>
  error instanceof ApiError && error.code === 422 && apiVersion === 'v1' && kind === 'Service';

/** The API server keeps the allocated addresses of a Service that is replaced without them. */
async function replaceService(api: Pick<Api, 'get' | 'replace'>, wanted: KubeObject, options: WriteOptions) {
  const { metadata } = await api.get(kinds.Service, wanted.metadata);
  const labels = { ...metadata.labels, ...wanted.metadata.labels };
  const annotations = { ...metadata.annotations, ...wanted.metadata.annotations };
  const merged = { ...metadata, ...wanted.metadata, labels, annotations };
  return { object: await api.replace(kinds.Service, { ...wanted, metadata: merged }, options), created: false };
}

const idOf = (object: KubeObject): string => `${object.apiVersion} ${object.kind} ${keyOf(object.metadata)}`;

/** Resource versions of one kind of object are numbers that rise. */
function isBehind(cached: KubeObject | undefined, { versionBefore, version }: Memory): boolean {
  if (!cached) return versionBefore === undefined;
  return Number(cached.metadata.resourceVersion) < Number(version);
}

function withAnnotation(object: KubeObject, name: string, value: string): KubeObject {
  const annotations = { ...object.metadata.annotations, [name]: value };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function hasMetadata({ metadata: has }: KubeObject, { metadata: wants }: KubeObject): boolean {
  return (
    contains(has.labels, wants.labels) &&
    contains(has.annotations, wants.annotations) &&
    (wants.finalizers ?? []).every((name) => has.finalizers?.includes(name)) &&
    (wants.ownerReferences ?? []).every((wanted) =>
      has.ownerReferences?.some(({ uid, controller }) => uid === wanted.uid && controller === wanted.controller),
    )
  );
}

function contains(has: Readonly<Record<string, string>> = {}, wants: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(wants).every(([name, value]) => has[name] === value);
}
