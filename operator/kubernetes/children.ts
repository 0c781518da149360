/** What the cluster holds of all pipelines: one cache a kind, found by pipeline. */
import type { Logger } from 'pino';
import { pipelineLabel } from './render/metadata.ts';
import { childResources } from './resources.ts';
import type { Api } from './runtime/api.ts';
import type { Applier } from './runtime/apply.ts';
import { informerSource, type Source } from './runtime/controller.ts';
import { Informer } from './runtime/informer.ts';
import type { RuntimeMetrics } from './runtime/metrics.ts';
import { apiVersionOf, keyOf, type KubeObject, type Resource } from './runtime/resource.ts';
import type { Timing } from './runtime/timing.ts';

export interface ChildrenOptions {
  readonly api: Api;
  /** Absent or empty: all. */
  readonly namespaces: readonly string[];
  /** Kinds of other operators that this cluster knows. */
  readonly foreign: readonly Resource[];
  readonly transform: (object: KubeObject) => KubeObject;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: RuntimeMetrics;
}

/** Everything that the operator makes bears it, so that no other object of the cluster is cached. */
const managedByUs = 'app.kubernetes.io/managed-by=likeness-operator';

/** `namespace/name` of the pipeline that an object belongs to. */
export function pipelineOf({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[pipelineLabel];
  return name === undefined ? undefined : keyOf({ namespace: metadata.namespace ?? '', name });
}

export class Children {
  readonly #informers = new Map<string, Informer>();

  constructor({ namespaces, foreign, ...shared }: ChildrenOptions) {
    const informer = (resource: Resource, metadataOnly: boolean) =>
      new Informer({
        ...shared,
        resource,
        namespaces,
        metadataOnly,
        labelSelector: managedByUs,
        indexBy: pipelineOf,
      });
    for (const resource of childResources.whole) this.#informers.set(nameOf(resource), informer(resource, false));
    for (const resource of [...childResources.metadataOnly, ...foreign])
      this.#informers.set(nameOf(resource), informer(resource, true));
  }

  start(): void {
    for (const informer of this.#informers.values()) informer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  /** Lets the applier know of changes. */
  tell(applier: Applier): void {
    for (const informer of this.#informers.values()) informer.onChange(applier.observe);
  }

  /** Calls `told` with the key of the pipeline whose object has changed. */
  onChange(told: (key: string) => void): void {
    for (const source of this.sources()) source.subscribe(told);
  }

  sources(): Source[] {
    const keysOf = (object: KubeObject): string[] => {
      const key = pipelineOf(object);
      return key === undefined ? [] : [key];
    };
    return [...this.#informers.values()].map((informer) => informerSource(informer, keysOf));
  }

  /** The same object as cached; undefined where there is none, or nobody watches its kind. */
  readonly cached = (object: KubeObject): KubeObject | undefined =>
    this.#informers.get(`${object.apiVersion} ${object.kind}`)?.get(keyOf(object.metadata));

  /** All that is cached of a pipeline. */
  of(pipeline: string): KubeObject[] {
    return [...this.#informers.values()].flatMap((informer) => informer.indexed(pipeline));
  }

  isSynced(): boolean {
    return [...this.#informers.values()].every((informer) => informer.isSynced());
  }
}

const nameOf = (resource: Resource): string => `${apiVersionOf(resource)} ${resource.kind}`;
