/** A Job of a training, and its pods → what the training is doing. Pure. */
import type { V1JobStatus, V1Pod } from '@kubernetes/client-node';
import type { TrainingStatus } from '../../../crds/status.ts';
import { exitCodes } from '../../../services/shared/errors.ts';
import type { Outcome } from '../../retrain.ts';
import { queueLabel } from '../render/training-job.ts';
import { timestamp } from '../runtime/conditions.ts';
import type { KubeObject } from '../runtime/resource.ts';

export interface TrainingJob extends KubeObject {
  readonly spec?: { readonly suspend?: boolean; readonly completions?: number };
  /** Plain JSON: its times are texts. */
  readonly status?: Pick<V1JobStatus, 'conditions' | 'active' | 'failed' | 'succeeded'>;
}

export interface JobObserved {
  readonly outcome: Outcome;
  readonly phase: NonNullable<TrainingStatus['phase']>;
  /** For a person: why, and what to do. */
  readonly message: string;
  readonly node?: string;
}

export const queueOf = ({ metadata }: TrainingJob): string | undefined => metadata.labels?.[queueLabel];

/** `pods` matter only while it has not ended. */
export function observeJob(job: TrainingJob, pods: readonly V1Pod[] = []): JobObserved {
  const end = endOf(job);
  if (end !== undefined) return end;
  if (job.spec?.suspend === true) return suspended(job);
  const living = pods.filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded');
  const workers = job.spec?.completions ?? 1;
  const after = retryText(job);
  if (workers > 1) return observeWorkers(living, { workers, ended: job.status?.succeeded ?? 0, after });
  const pod = newest(living);
  return pod === undefined ? running('Pending', `It has no pod yet.${after}`) : observePod(pod, after);
}

interface Workers {
  readonly workers: number;
  /** They have done their share. */
  readonly ended: number;
  readonly after: string;
}

/** The run waits for the worker that is least far; its node is that of the first one. */
function observeWorkers(pods: readonly V1Pod[], { workers, ended, after }: Workers): JobObserved {
  const seen = pods.toSorted((a, b) => indexOf(a) - indexOf(b)).map((pod) => observePod(pod, after));
  const node = seen.find((one) => one.node !== undefined)?.node;
  const at = <Phase extends JobObserved['phase']>(phase: Phase) => seen.find((one) => one.phase === phase);
  const behind = at('Queued') ?? at('Pending');
  const count = seen.filter(({ phase }) => phase === 'Running').length + ended;
  const some = `${count} of ${workers} workers have begun.`;
  if (behind) return { ...behind, message: `${some} ${behind.message}`, ...(node !== undefined && { node }) };
  if (count < workers) return running('Pending', `${some} The others have no pod yet.${after}`);
  return { ...running('Running', `It learns, by ${workers} workers.${after}`), ...(node !== undefined && { node }) };
}

/** The number that an Indexed Job gives to each of its pods. */
const indexOf = ({ metadata }: V1Pod): number =>
  Number(metadata?.annotations?.['batch.kubernetes.io/job-completion-index'] ?? 0);

function observePod({ status, spec }: V1Pod, after: string): JobObserved {
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled) {
    const why = `${unscheduled.message ?? unscheduled.reason}`.replace(/\.$/, '');
    return running('Queued', `No node takes it: ${why}. ${instead}${after}`);
  }
  const node = spec?.nodeName ? { node: spec.nodeName } : {};
  if (status?.phase === 'Running') return { ...running('Running', `It learns.${after}`), ...node };
  return { ...running('Pending', `Its pod is not running: ${waitOf(status, spec?.nodeName)}.${after}`), ...node };
}

/** Its Job cannot be changed any more. */
const instead = 'If none ever will, mend spec.training and ask anew: likeness retrain.';

function waitOf(status: V1Pod['status'], node: string | undefined): string {
  const waits = status?.containerStatuses?.[0]?.state?.waiting;
  return waits?.message ?? waits?.reason ?? (node ? 'its container is being created' : 'no node is chosen yet');
}

/** When a Job came to its end of this kind, milliseconds since 1970; undefined: it did not. */
export function endTimeOf({ status }: TrainingJob, kind: 'Complete' | 'Failed'): number | undefined {
  const found = status?.conditions?.find(({ type, status: is }) => type === kind && is === 'True');
  return found?.lastTransitionTime === undefined ? undefined : Date.parse(String(found.lastTransitionTime));
}

export const hasEnded = (job: TrainingJob): boolean => endOf(job) !== undefined;

function endOf({ status }: TrainingJob): JobObserved | undefined {
  const conditions = status?.conditions ?? [];
  const is = (wanted: string) => conditions.find(({ type, status: value }) => type === wanted && value === 'True');
  if (is('Complete')) return { outcome: 'Succeeded', phase: 'Succeeded', message: 'It has made a candidate.' };
  const failed = is('Failed');
  if (!failed) return undefined;
  const code = exitCodeIn(failed.message);
  if (code === exitCodes.badData)
    return {
      outcome: 'TooFewEvents',
      phase: 'Idle',
      message: 'There were too few events to learn from (training.minEvents); it is tried again when there are more.',
    };
  return { outcome: 'Failed', phase: 'Failed', message: failureText(failed.reason, failed.message, code) };
}

/** A failure policy names it: `… failed with exit code 65 matching FailJob rule at index 0`. */
function exitCodeIn(message: string | undefined): number | undefined {
  const found = /exit code (\d+)/.exec(message ?? '');
  return found ? Number(found[1]) : undefined;
}

const advice: Readonly<Record<number, string>> = {
  [exitCodes.badConfig]: 'Its log says which part of the spec or of its Secrets is at fault.',
  [exitCodes.usage]: 'Its image does not fit this operator: look at training.image.',
};

function failureText(reason = 'Failed', message = '', code?: number): string {
  const what = (code !== undefined && advice[code]) || 'Look at the log of its pod.';
  return `${reason}: ${message.replace(/\.$/, '')}. ${what}`;
}

function suspended(job: TrainingJob): JobObserved {
  const queue = queueOf(job);
  if (queue !== undefined) return running('Queued', `It waits in the queue ${queue}, until Kueue admits it.`);
  return running('Suspended', 'spec.suspend is true; it begins anew when that is over.');
}

function running(phase: JobObserved['phase'], message: string): JobObserved {
  return { outcome: 'Running', phase, message };
}

function retryText({ status }: TrainingJob): string {
  const failed = status?.failed ?? 0;
  return failed === 0 ? '' : ` Its pods have failed ${failed} times: look at the log of the last one.`;
}

/** Times come as texts, whatever the types of the client say. */
function newest(pods: readonly V1Pod[]): V1Pod | undefined {
  return pods.toSorted((a, b) => createdAt(a) - createdAt(b)).at(-1);
}

const createdAt = ({ metadata }: V1Pod): number => Date.parse(String(metadata?.creationTimestamp ?? 0));

/** Whole seconds, as a status has them: what is compared later must not have lost anything. */
export const wholeSeconds = (ms: number): number => Date.parse(timestamp(ms));
