/** Deletes what a pipeline had and is no longer rendered. */
import type { Children } from './children.ts';
import { resourceOf } from './resources.ts';
import type { Api } from './runtime/api.ts';
import { keyOf, type KubeObject } from './runtime/resource.ts';

/**
 * Their loss cannot be made good: volumes hold models and accepted events, Secrets hold keys, Jobs what was trained, and
 * with a KafkaTopic Strimzi deletes the topic. Who changes `kafka.topics` wants other keepers of the topics, not none.
 */
const kept = new Set(['PersistentVolumeClaim', 'Secret', 'Job', 'KafkaTopic']);

/** What there is of a pipeline. */
type Known = Pick<Children, 'of' | 'cached'>;

export interface PruneDeps {
  readonly api: Pick<Api, 'delete'>;
  readonly children: Known;
}

/**
 * ConfigMaps stay until every workload runs as rendered: pods of the old template name them, and a container of theirs
 * that starts again needs them. So does what `keeps` says.
 */
export async function pruneChildren(
  { api, children }: PruneDeps,
  pipeline: string,
  wanted: readonly KubeObject[],
  keeps: (child: KubeObject) => boolean = () => false,
): Promise<void> {
  const names = new Set(wanted.map(idOf));
  const stale = children
    .of(pipeline)
    .filter((child) => isOurs(child) && !kept.has(child.kind) && !names.has(idOf(child)) && !keeps(child));
  const rollingOut =
    stale.some(({ kind }) => kind === 'ConfigMap') && wanted.some((object) => isRollingOut(object, children));
  for (const child of stale) {
    if (child.metadata.deletionTimestamp !== undefined || (rollingOut && child.kind === 'ConfigMap')) continue;
    const { namespace, name, uid } = child.metadata;
    await api.delete(resourceOf(child), { namespace: namespace!, name }, { ...(uid && { uid }) });
  }
}

/** Jobs of trainings, ReplicaSets and the like belong to others; what has no owner may be kept on purpose. */
const isOurs = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ kind, controller }) => kind === 'ProfilePipeline' && controller === true) ?? false;

/** Not yet every pod of it is of the newest template, and ready; also while it is not there. */
export function isRollingOut(object: KubeObject, { cached }: Pick<Known, 'cached'>): boolean {
  if (object.kind !== 'Deployment' && object.kind !== 'StatefulSet') return false;
  const { metadata, spec, status } = (cached(object) ?? {}) as {
    metadata?: { generation?: number };
    spec?: { replicas?: number };
    status?: { observedGeneration?: number; updatedReplicas?: number; replicas?: number; readyReplicas?: number };
  };
  if (status === undefined || status.observedGeneration !== metadata?.generation) return true;
  const desired = spec?.replicas ?? 1;
  return [status.updatedReplicas, status.replicas, status.readyReplicas].some((count = 0) => count !== desired);
}

const idOf = (object: KubeObject): string => `${object.apiVersion} ${object.kind} ${keyOf(object.metadata)}`;
