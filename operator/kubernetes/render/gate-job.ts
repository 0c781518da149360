/** One look of the gate as a Job: its template never changes, so each look is a Job of a new name. Pure. */
import { createHash } from 'node:crypto';
import type { V1JobSpec, V1PodFailurePolicyRule } from '@kubernetes/client-node';
import { exitCodes } from '../../../services/shared/errors.ts';
import type { GateRequest } from '../../gate.ts';
import type { Plan } from '../../plan.ts';
import { literal } from './literal.ts';
import { environmentOf } from './environment.ts';
import { metadataOf } from './metadata.ts';
import { podTemplate } from './pod.ts';
import { type KubernetesObject, type RenderOptions, renderingOf } from './rendering.ts';

/** What was found out is in the stream by then; where it is not, another look is taken once this one is gone. */
const keptSeconds = 600;
/** Who waits so long waits for what never comes. */
const deadlineSeconds = 7200;

/** Nothing mends a wrong environment; a pod that was moved away costs no try. */
const failureRules: V1PodFailurePolicyRule[] = [
  {
    action: 'FailJob',
    onExitCodes: { containerName: 'gate', operator: 'In', values: [exitCodes.usage, exitCodes.badConfig] },
  },
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
];

/** The same for the same candidate beside the same model in service. At most 58 characters. */
export function gateJobName(pipeline: string, { runId, digest, against }: GateRequest): string {
  const hash = createHash('sha256').update(`${runId} ${digest} ${against}`).digest('hex').slice(0, 12);
  return `${pipeline}-gate-${hash}`;
}

/** Throws LikenessError `BadSpec` as renderPipeline does. The plan has a gate wherever it has models. */
export function renderGateJob(plan: Plan, request: GateRequest, options: RenderOptions): KubernetesObject {
  const rendering = renderingOf(plan, options);
  const workload = plan.workloads.find(({ name }) => name === 'gate')!;
  const name = gateJobName(plan.pipeline.name, request);
  const own = {
    ...environmentOf(rendering, workload),
    LIKENESS_GATE_RUN: request.runId,
    LIKENESS_GATE_DIGEST: request.digest,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf(rendering, { name, component: 'gate' }),
    spec: {
      backoffLimit: workload.job!.retries,
      ttlSecondsAfterFinished: keptSeconds,
      activeDeadlineSeconds: deadlineSeconds,
      podFailurePolicy: { rules: failureRules },
      podReplacementPolicy: 'Failed',
      template: podTemplate(rendering, workload, {
        environment: { env: Object.entries(own).map(([key, value]) => ({ name: key, value: literal(value) })) },
        pod: { restartPolicy: 'Never' },
      }),
    } satisfies V1JobSpec,
  };
}

/** Of what is cached of a pipeline; every other Job is a training. */
export function isGateJob({ metadata }: { readonly metadata: { readonly labels?: Record<string, string> } }): boolean {
  return metadata.labels?.['app.kubernetes.io/component'] === 'gate';
}
