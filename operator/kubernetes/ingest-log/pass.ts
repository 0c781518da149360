/**
 * Ingest's logs in one pass over a pipeline: how many pods there must be for their sake, which volumes may go, and when
 * an earlier workload of ingest may. Whatever is in a log outlives every change of the spec.
 */
import type { Plan, Workload } from '../../plan.ts';
import type { ConditionVerdict } from '../../status.ts';
import type { Children } from '../children.ts';
import { isRollingOut } from '../prune.ts';
import type { PipelineObject } from '../read-pipeline.ts';
import { reportLabel } from '../render/access.ts';
import type { KubernetesObject } from '../render/rendering.ts';
import type { Api } from '../runtime/api.ts';
import type { Applied } from '../runtime/apply.ts';
import { kinds } from '../runtime/kinds.ts';
import { refOf, type KubeObject } from '../runtime/resource.ts';
import { decideLogs, type LogDecision, type LogVolume, type LogWish, needsLook } from './decide.ts';
import { growLogs, isSmall, isToGrow, needsOtherVolumes } from './grow.ts';
import {
  cachedClaims,
  cachedVolumes,
  isOfIngest,
  type LogSet,
  logSetOf,
  type LookDeps,
  lookAtVolumes,
} from './look.ts';
import { discardAnnotation, ingestDrained } from './verdict.ts';

export interface LogDeps extends LookDeps {
  readonly api: Pick<Api, 'listPage' | 'find' | 'mergePatch' | 'delete'>;
  readonly children: Pick<Children, 'of' | 'cached'>;
}

export interface LogInput {
  readonly pipeline: PipelineObject;
  readonly plan: Plan;
  readonly objects: readonly KubernetesObject[];
}

export interface LogsPass {
  /** What is to be applied now. */
  readonly objects: readonly KubernetesObject[];
  /** Of what is no longer rendered: it is still needed. */
  readonly keeps: (child: KubeObject) => boolean;
  /** Of IngestDrained; undefined where there is no log. */
  readonly verdict: ConditionVerdict | undefined;
  /** What could not be done. */
  readonly failed: readonly Applied[];
  /** Somebody's log may be in one. */
  readonly hasVolumes: boolean;
  /** Something is to change without anybody's doing. */
  readonly isBusy: boolean;
}

export async function passOverLogs(deps: LogDeps, key: string, input: LogInput): Promise<LogsPass> {
  const { plan, objects } = input;
  const { storage } = ingestOf(plan);
  const set = logSetOf(deps, key);
  const volumes = cachedVolumes(deps, key);
  if (storage === undefined && set === undefined && volumes.length === 0)
    return { objects, keeps: () => false, verdict: undefined, failed: [], hasVolumes: false, isBusy: false };
  const found = { ...input, set, volumes };
  const isToGo = storage === undefined || (set !== undefined && needsOtherVolumes(set, storage));
  return isToGo ? retire(deps, key, found) : serve(deps, key, { ...found, storage });
}

interface Found extends LogInput {
  readonly set: LogSet | undefined;
  /** As cached. */
  readonly volumes: readonly LogVolume[];
}

/** The spec has a log. */
async function serve(
  deps: LogDeps,
  key: string,
  found: Found & { readonly storage: NonNullable<Workload['storage']> },
): Promise<LogsPass> {
  const { plan, set, storage } = found;
  const { replicas, autoscaling } = ingestOf(plan);
  const wish = wishOf(found, { replicas, most: autoscaling?.maxReplicas ?? replicas });
  const { decision, volumes } = await decide(deps, key, { found, wish });
  const objects = found.objects.map((object) => (isOfIngest(object) ? resized(object, decision.replicas) : object));
  const grows = set !== undefined && set.metadata.deletionTimestamp === undefined && isToGrow(set, storage);
  const growing = { set: grows ? set : undefined, storage, deletionPolicy: plan.deletionPolicy };
  const isToMend = grows || cachedClaims(deps, key).some((claim) => isSmall(claim, storage));
  const failure = isToMend ? await growLogs(deps.api, key, growing) : undefined;
  const wanted = objects.find(isLogSet);
  // Deployments that were there before the log take events in until the log does. A StatefulSet whose volumes grow is not
  // applied, and must not go for that: its pods would go with it.
  const keeps = (child: KubeObject): boolean =>
    (grows && isLogSet(child)) || (isSuccessor(child) && wanted !== undefined && isRollingOut(wanted, deps.children));
  return {
    objects: grows ? objects.filter((object) => !isLogSet(object)) : objects,
    keeps,
    verdict: verdictOn(found, { decision, volumes, wish }),
    failed: failure === undefined ? [] : [failure],
    hasVolumes: volumes.length > 0,
    isBusy: grows || !decision.isDone,
  };
}

/** The log is no longer wanted, or not on such volumes: its pods stay until others take events in and it is empty. */
async function retire(deps: LogDeps, key: string, found: Found): Promise<LogsPass> {
  const { set } = found;
  const objects = found.objects.filter((object) => !isLogSet(object));
  const isReady = !objects.some((object) => isSuccessor(object) && isRollingOut(object, deps.children));
  const now = set?.spec?.replicas ?? 0;
  const wish = wishOf(found, isReady ? { replicas: 0, most: 0 } : { replicas: now, most: now });
  const { decision, volumes } = await decide(deps, key, { found, wish });
  await scale(deps.api, set, decision.replicas);
  const isDone = isReady && decision.isDone && isStopped(set);
  const isGone = isDone && ingestOf(found.plan).storage === undefined;
  // Without a StatefulSet nobody but a person can go on.
  const waits = set === undefined && isReady && decision.removable.length === 0;
  return {
    objects,
    keeps: isDone ? keptOf(volumes) : isRetiring,
    verdict: isGone ? undefined : verdictOn(found, { decision, volumes, wish }),
    failed: [],
    hasVolumes: volumes.length > 0,
    isBusy: ![isDone, waits, wish.suspended].includes(true),
  };
}

function wishOf({ pipeline, plan }: LogInput, sizes: { readonly replicas: number; readonly most: number }): LogWish {
  const discards = pipeline.metadata.annotations?.[discardAnnotation] === 'true';
  return { ...sizes, suspended: plan.suspended, discards, removes: plan.deletionPolicy === 'Delete' };
}

interface Decided {
  readonly decision: LogDecision;
  readonly volumes: readonly LogVolume[];
}

/** And removes the volumes that may go, once no pod can be made on them any more. */
export async function decide(
  deps: LogDeps,
  key: string,
  { found, wish }: { readonly found: Pick<Found, 'set' | 'volumes'>; readonly wish: LogWish },
): Promise<Decided> {
  const current = found.set?.spec?.replicas ?? 0;
  if (!wish.suspended && !needsLook(wish, current, found.volumes)) {
    const decision = { replicas: wish.replicas, held: [], removable: [], isDone: true };
    return { decision, volumes: found.volumes };
  }
  const volumes = wish.suspended ? found.volumes : await lookAtVolumes(deps, key);
  const decision = decideLogs(wish, volumes);
  const { namespace = '' } = refOf(key);
  for (const { claim, ordinal } of decision.removable)
    if (ordinal >= mostPods(found.set)) await deps.api.delete(kinds.PersistentVolumeClaim, { namespace, name: claim });
  return { decision, volumes };
}

/** That the StatefulSet has or makes any moment: fewer are asked for does not mean that its controller knows. */
function mostPods(set: LogSet | undefined): number {
  if (set === undefined) return 0;
  const { metadata, spec, status } = set;
  return status?.observedGeneration === metadata.generation ? (spec?.replicas ?? 1) : Infinity;
}

/** No pod of it is left, and none will come. */
export const isStopped = (set: LogSet | undefined): boolean =>
  set === undefined || (set.spec?.replicas === 0 && (set.status?.replicas ?? 0) === 0);

/** Of a StatefulSet that is no longer applied. */
export async function scale(api: Pick<Api, 'mergePatch'>, set: LogSet | undefined, replicas: number): Promise<void> {
  if (set === undefined || set.metadata.deletionTimestamp !== undefined || set.spec?.replicas === replicas) return;
  const { namespace, name, resourceVersion } = set.metadata;
  const patch = { metadata: { resourceVersion }, spec: { replicas } };
  await api.mergePatch(kinds.StatefulSet, { namespace: namespace!, name }, patch);
}

function verdictOn(
  { pipeline, set, plan }: Found,
  { decision, volumes, wish }: Decided & { readonly wish: LogWish },
): ConditionVerdict {
  return ingestDrained({
    pipeline: pipeline.metadata,
    volumes,
    held: decision.held,
    suspended: wish.suspended,
    discards: wish.discards,
    isAbandoned: set === undefined && ingestOf(plan).storage === undefined,
  });
}

/** As many pods as the logs need: of an autoscaler's, the fewest that it may leave. */
function resized(object: KubernetesObject, replicas: number): KubernetesObject {
  if (isLogSet(object)) return setResized(object, replicas);
  return isAutoscaler(object) ? autoscalerResized(object, replicas) : object;
}

function setResized(object: KubernetesObject, replicas: number): KubernetesObject {
  const spec = object['spec'] as { readonly replicas?: number };
  return (spec.replicas ?? replicas) === replicas ? object : { ...object, spec: { ...spec, replicas } };
}

function autoscalerResized(object: KubernetesObject, replicas: number): KubernetesObject {
  const spec = object['spec'] as { readonly minReplicas: number; readonly maxReplicas: number };
  const minReplicas = Math.max(spec.minReplicas, replicas);
  if (minReplicas === spec.minReplicas) return object;
  return { ...object, spec: { ...spec, minReplicas, maxReplicas: Math.max(spec.maxReplicas, minReplicas) } };
}

const ingestOf = ({ workloads }: Plan): Workload => workloads.find(({ name }) => name === 'ingest')!;
const isLogSet = (object: KubeObject): boolean => object.kind === 'StatefulSet' && isOfIngest(object);
const isSuccessor = (object: KubeObject): boolean => object.kind === 'Deployment' && isOfIngest(object);
const isAutoscaler = ({ kind }: KubeObject): boolean => kind === 'HorizontalPodAutoscaler';
const isRetiring = (child: KubeObject): boolean => isOfIngest(child) && !isSuccessor(child) && !isAutoscaler(child);
/** What pods said last of volumes that are kept: without it nobody would know that these are empty. */
const keptOf =
  (volumes: readonly LogVolume[]) =>
  ({ metadata }: KubeObject): boolean =>
    volumes.length > 0 && metadata.labels?.[reportLabel] === 'ingest';
