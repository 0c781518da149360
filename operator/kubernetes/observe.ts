/** Deployments, StatefulSets and pods of a pipeline → what its stages are doing. Pure. */
import type { V1ContainerStatus, V1Deployment, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import type { StageObserved } from '../status.ts';

/** As the API server sends them: plain JSON, whose times are texts. */
export type StageWorkload = Pick<V1Deployment & V1StatefulSet, 'kind' | 'metadata' | 'spec' | 'status'>;

const maxReasons = 3;

/** Container states from which waiting alone leads nowhere, or that a person should hear of. */
const telling = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** What a closer look at a stage that stays behind has shown. */
export interface CloserLook {
  readonly pods: readonly V1Pod[];
  /** What its pods wait for and nobody but a person can give them. */
  readonly missing: readonly string[];
}

export function observeStage(
  name: StageObserved['name'],
  workload: StageWorkload,
  { pods, missing }: CloserLook = { pods: [], missing: [] },
): StageObserved {
  const desired = workload.spec?.replicas ?? 1;
  const ready = Math.min(readyReplicas(workload), desired);
  const troubles = troublesOf(workload);
  return {
    name,
    desired,
    ready,
    image: workload.spec?.template.spec?.containers[0]?.image,
    reasons: ready < desired ? [...missing, ...troubles, ...podReasons(pods)].slice(0, maxReasons) : [],
    failed: troubles.length + missing.length > 0,
  };
}

/** Pods of the old template that still answer are not what is wanted. */
function readyReplicas({ metadata, status }: StageWorkload): number {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return 0;
  return Math.min(status?.readyReplicas ?? 0, status?.updatedReplicas ?? 0);
}

/** A Deployment says so itself: it got no further within its deadline, or may not make pods. A StatefulSet never does. */
function troublesOf({ status }: StageWorkload): string[] {
  const conditions = status?.conditions ?? [];
  return conditions.flatMap(({ type, status: value, reason, message }) => {
    const stuck = type === 'Progressing' && value === 'False' && reason === 'ProgressDeadlineExceeded';
    const refused = type === 'ReplicaFailure' && value === 'True';
    return stuck || refused ? [message ?? reason ?? type] : [];
  });
}

function podReasons(pods: readonly V1Pod[]): string[] {
  return pods.flatMap((pod) => {
    const reason = podReason(pod);
    return reason === undefined ? [] : [`pod ${pod.metadata?.name}: ${reason}`];
  });
}

function podReason({ status }: V1Pod): string | undefined {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return scheduled.message ?? scheduled.reason;
  return status?.containerStatuses?.map(containerReason).find((reason) => reason !== undefined);
}

/** Why the last start ended says more than that another one waits. */
function containerReason({ state, lastState }: V1ContainerStatus): string | undefined {
  const { reason, message } = state?.waiting ?? {};
  if (reason === undefined || !telling.has(reason)) return undefined;
  const last = lastState?.terminated;
  if (last !== undefined) return `${reason}, last exit code ${last.exitCode}${last.reason ? ` (${last.reason})` : ''}`;
  return message ? `${reason}, ${message}` : reason;
}
