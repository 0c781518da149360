/** One training as a Job: its template never changes, so each training is a Job of a new name. Pure. */
import type {
  V1Affinity,
  V1EnvVar,
  V1JobSpec,
  V1PodFailurePolicyRule,
  V1PodSpec,
  V1Toleration,
} from '@kubernetes/client-node';
import { exitCodes } from '../../../services/shared/errors.ts';
import type { Trigger } from '../../retrain.ts';
import type { JobSettings, Plan, PlannedGpu, Workload } from '../../plan.ts';
import { trainerReportName } from './access.ts';
import { tokenMount, tokenVolume } from './api-token.ts';
import { environmentOf } from './environment.ts';
import { literal } from './literal.ts';
import { metadataOf } from './metadata.ts';
import { podTemplate, resourcesOf } from './pod.ts';
import { type KubernetesObject, type Rendering, type RenderOptions, renderingOf } from './rendering.ts';

export interface TrainingRun {
  /** Name of the Job: at most 57 characters, because its pods' names have six more. */
  readonly name: string;
  /** Names the candidate that it trains. */
  readonly runId: string;
  /** Why it is trained. */
  readonly trigger: Trigger;
  /** What the operator is to remember of this run, and of those before it. */
  readonly memory: string;
  /** Milliseconds since 1970: what was ingested before is not learned from. Absent: all is. */
  readonly since?: number | undefined;
}

export const triggerLabel = 'likeness.dev/trigger';
export const runIdAnnotation = 'likeness.dev/run-id';
export const memoryAnnotation = 'likeness.dev/training-memory';
export const queueLabel = 'kueue.x-k8s.io/queue-name';

/** Throws LikenessError `BadSpec` as renderPipeline does. The environment is in it, so that it needs no ConfigMap. */
export function renderTrainingJob(plan: Plan, run: TrainingRun, options: RenderOptions): KubernetesObject {
  const rendering = renderingOf(plan, options);
  const workload = plan.workloads.find(({ name }) => name === 'trainer')!;
  const job = workload.job!;
  const queue: Record<string, string> = job.queueName === undefined ? {} : { [queueLabel]: job.queueName };
  const metadata = metadataOf(rendering, {
    name: run.name,
    component: 'trainer',
    labels: { [triggerLabel]: run.trigger, ...queue },
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...metadata, annotations: { [runIdAnnotation]: run.runId, [memoryAnnotation]: run.memory } },
    spec: {
      ...attempts(job),
      ...(job.activeDeadlineSeconds !== undefined && { activeDeadlineSeconds: job.activeDeadlineSeconds }),
      podFailurePolicy: { rules: failureRules },
      // A pod that is still ending may still write its candidate.
      podReplacementPolicy: 'Failed',
      template: podTemplate(rendering, workload, {
        environment: { env: variables(rendering, workload, run) },
        container: { resources: withDevices(workload, job.gpu), volumeMounts: [tokenMount] },
        pod: { restartPolicy: 'Never', ...placement(job), volumes: [tokenVolume] },
      }),
    } satisfies V1JobSpec,
  };
}

/**
 * Several workers are an Indexed Job: each knows its number, and is tried again by itself. One that is given up ends all.
 * They find each other's parts in the model store, so no Service leads to them.
 */
function attempts({ workers, retries }: JobSettings): Partial<V1JobSpec> {
  if (workers === 1) return { backoffLimit: retries };
  const several = { completionMode: 'Indexed', completions: workers, parallelism: workers };
  return { ...several, backoffLimitPerIndex: retries, maxFailedIndexes: 0 };
}

/** In this order: what no repetition mends fails the Job at once; then a pod that was moved away costs no retry. */
const failureRules: V1PodFailurePolicyRule[] = [
  {
    action: 'FailJob',
    onExitCodes: {
      containerName: 'trainer',
      operator: 'In',
      values: [exitCodes.usage, exitCodes.badConfig, exitCodes.badData],
    },
  },
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
];

function variables(rendering: Rendering, workload: Workload, { runId, since }: TrainingRun): V1EnvVar[] {
  const own = {
    ...environmentOf(rendering, workload),
    LIKENESS_RUN_ID: runId,
    ...(since !== undefined && { LIKENESS_SINCE: String(Math.floor(since)) }),
    LIKENESS_REPORT: trainerReportName(rendering),
    LIKENESS_GPUS: String(gpusOf(workload.job!.gpu)),
    ...(workload.job!.workers > 1 && { LIKENESS_TRAINERS: String(workload.job!.workers) }),
  };
  return Object.entries(own).map(([name, value]) => ({ name, value: literal(value) }));
}

/** Of each pod. How many a claim brings its template says; one at least. */
function gpusOf(gpu: PlannedGpu | undefined): number {
  if (gpu === undefined) return 0;
  return 'claimTemplate' in gpu.devices ? 1 : gpu.devices.count;
}

const claimName = 'gpu';

function withDevices(workload: Workload, gpu: PlannedGpu | undefined) {
  const { requests, limits } = resourcesOf(workload);
  if (gpu === undefined) return { requests, ...(limits && { limits }) };
  if ('claimTemplate' in gpu.devices) return { requests, ...(limits && { limits }), claims: [{ name: claimName }] };
  const { resourceName, count } = gpu.devices;
  // Devices are never shared out beyond what there is, so Kubernetes wants them as limits.
  return { requests, limits: { ...limits, [resourceName]: String(count) } };
}

function placement({ gpu, priorityClassName }: JobSettings): Partial<V1PodSpec> {
  return {
    ...(priorityClassName !== undefined && { priorityClassName }),
    ...(gpu && placementOnGpu(gpu)),
  };
}

function placementOnGpu({ devices, products, tolerations, runtimeClassName }: PlannedGpu): Partial<V1PodSpec> {
  return {
    ...(runtimeClassName !== undefined && { runtimeClassName }),
    ...(tolerations.length > 0 && { tolerations: tolerations.map(tolerationOf) }),
    ...(products.length > 0 && { affinity: affinityTo(products) }),
    ...('claimTemplate' in devices && {
      resourceClaims: [{ name: claimName, resourceClaimTemplateName: devices.claimTemplate }],
    }),
  };
}

function affinityTo(products: readonly string[]): V1Affinity {
  const expression = { key: 'nvidia.com/gpu.product', operator: 'In', values: [...products] };
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [expression] }] },
    },
  };
}

/** Without what is undefined, which JSON cannot say. */
function tolerationOf(toleration: PlannedGpu['tolerations'][number]): V1Toleration {
  return Object.fromEntries(Object.entries(toleration).filter(([, value]) => value !== undefined));
}
