/** When pipelines are ready: their workloads by the cluster's own word, and by the operator's. */
import type { PipelineStatus } from '../../crds/status.ts';
import { pipelineLabel } from '../../operator/kubernetes/render/metadata.ts';
import { profilePipelines } from '../../operator/kubernetes/resources.ts';
import type { Informer } from '../../operator/kubernetes/runtime/informer.ts';
import { kinds } from '../../operator/kubernetes/runtime/kinds.ts';
import type { KubeObject } from '../../operator/kubernetes/runtime/resource.ts';
import type { BenchCluster } from './cluster.ts';

type Workload = KubeObject & {
  readonly spec: { readonly replicas?: number };
  readonly status?: { readonly observedGeneration?: number; readonly availableReplicas?: number };
};

type Pipeline = KubeObject & { readonly status?: PipelineStatus };

export interface Readiness {
  /** Milliseconds, by performance.now(), at which so many Deployments and StatefulSets of these namespaces were available. */
  available(prefix: string, workloads: number): Promise<number>;
  /** The same for pipelines whose status says Ready. */
  ready(prefix: string, pipelines: number): Promise<number>;
  stop(): Promise<void>;
}

export async function watchReadiness(cluster: BenchCluster): Promise<Readiness> {
  const workloads = [kinds.Deployment, kinds.StatefulSet].map((kind) => cluster.watch<Workload>(kind, pipelineLabel));
  const pipelines = cluster.watch<Pipeline>(profilePipelines);
  const available = follow(workloads, isAvailable);
  const ready = follow([pipelines], isReady);
  const informers = [...workloads, pipelines];
  for (const informer of informers) informer.start();
  await Promise.all(informers.map((informer) => informer.whenSynced()));
  return {
    available,
    ready,
    stop: async () => void (await Promise.all(informers.map((informer) => informer.stop()))),
  };
}

const isAvailable = ({ metadata, spec, status }: Workload): boolean =>
  status?.observedGeneration === metadata.generation && (status?.availableReplicas ?? 0) >= (spec.replicas ?? 1);

const isReady = ({ status }: Pipeline): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;

interface Wish {
  readonly prefix: string;
  readonly count: number;
  readonly resolve: (at: number) => void;
}

/** Counts what `isDone` by the prefix of the namespace; an object that no longer is does not count any more. */
function follow<T extends KubeObject>(informers: readonly Informer<T>[], isDone: (object: T) => boolean) {
  const done = new Set<T['metadata']['uid']>();
  const counts = new Map<string, number>();
  const wishes = new Set<Wish>();
  const change = (object: T, step: 1 | -1) => {
    const prefix = prefixOf(object);
    counts.set(prefix, (counts.get(prefix) ?? 0) + step);
  };
  const settle = () => {
    for (const wish of wishes) {
      if ((counts.get(wish.prefix) ?? 0) < wish.count) continue;
      wishes.delete(wish);
      wish.resolve(performance.now());
    }
  };
  for (const informer of informers)
    informer.onChange(({ type, object }) => {
      const { uid } = object.metadata;
      const is = type !== 'Deleted' && isDone(object);
      if (is === done.has(uid)) return;
      if (is) done.add(uid);
      else done.delete(uid);
      change(object, is ? 1 : -1);
      settle();
    });
  return (prefix: string, count: number) =>
    new Promise<number>((resolve) => {
      wishes.add({ prefix, count, resolve });
      settle();
    });
}

/** `bare-7` → `bare` */
const prefixOf = ({ metadata }: KubeObject): string =>
  metadata.namespace!.slice(0, metadata.namespace!.lastIndexOf('-'));
