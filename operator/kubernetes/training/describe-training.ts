/** What a status says of trainings. Pure. */
import type { V1Pod } from '@kubernetes/client-node';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import { nextTick } from '../../../crds/schedule.ts';
import type { TrainingStatus } from '../../../crds/status.ts';
import type { Plan } from '../../plan.ts';
import type { RetrainDecision, RetrainRefusal, TrainingLedger } from '../../retrain.ts';
import { runIdAnnotation } from '../render/training-job.ts';
import { cut, timestamp } from '../runtime/conditions.ts';
import { statusOf, triggerOf } from './memory.ts';
import { observeJob, type TrainingJob } from './observe-job.ts';
import type { Progress } from './reports.ts';

/** The id by which the trainer and its report know a run. */
export const runIdOf = ({ metadata }: TrainingJob): string => metadata.annotations?.[runIdAnnotation] ?? metadata.name;

export interface RunSeen {
  readonly job: TrainingJob;
  readonly pods: readonly V1Pod[];
  /** What its pods wait for and nobody but a person can give them. */
  readonly missing: readonly string[];
  readonly progress: Progress | undefined;
}

/** One run, as its Job, its pods and its report show it. */
export function describeRun({ job, pods, missing, progress }: RunSeen, plan: Plan): TrainingStatus {
  const { phase, message: seen, node } = observeJob(job, pods);
  const message = missing.length > 0 ? `Its pod is not running: ${missing.join('; ')}.` : seen;
  const said = phase === 'Running' ? progress : undefined;
  const gpus = gpusOf(plan);
  return {
    phase,
    message: said?.phase ? `It learns: ${said.phase}.` : message,
    jobName: job.metadata.name,
    runId: runIdOf(job),
    trigger: triggerOf(job),
    ...(gpus !== undefined && { gpus }),
    ...(node !== undefined && { node }),
    ...(said && { progressPercentage: said.percentage }),
  };
}

/** Of all workers together. */
function gpusOf({ workloads }: Plan): string | undefined {
  const { gpu, workers = 1 } = workloads.find(({ name }) => name === 'trainer')?.job ?? {};
  if (gpu === undefined) return undefined;
  const { devices } = gpu;
  if (!('claimTemplate' in devices)) return `${devices.count * workers} ${devices.resourceName}`;
  return workers === 1 ? `claim ${devices.claimTemplate}` : `${workers} claims ${devices.claimTemplate}`;
}

export interface TrainingSeen {
  readonly ledger: TrainingLedger;
  /** Of the newest run; undefined where there is none, or its Job is gone. */
  readonly run: TrainingStatus | undefined;
  readonly waits: (RetrainDecision & { readonly train: false }) | undefined;
  /** What was said before, where it is not known what the next one waits for. */
  readonly before?: TrainingStatus | undefined;
  readonly spec: PipelineSpec;
  readonly now: number;
}

export function describeTraining(seen: TrainingSeen): TrainingStatus {
  const { ledger, run, spec, now } = seen;
  const phase = run?.phase ?? phaseWithoutJob(ledger);
  const message = messageOf(seen, phase);
  const next = nextScheduled(spec, now);
  return {
    phase,
    ...statusOf(ledger),
    ...run,
    ...(message !== '' && { message: cut(message, 1024) }),
    ...(next !== undefined && { nextScheduleTime: timestamp(next) }),
  };
}

function messageOf({ ledger, run, waits, before }: TrainingSeen, phase: TrainingStatus['phase']): string {
  const isActive = ledger.last?.outcome === 'Running';
  if (!isActive && before?.message !== undefined && before.phase === phase) return before.message;
  const parts = [run?.message ?? vanished(ledger), waits && !isActive ? waitText(waits) : ''];
  return parts.filter((part) => part !== '').join(' ');
}

/** Why the last run failed; undefined where it did not. */
export function failureIn(ledger: TrainingLedger, run: TrainingStatus | undefined): string | undefined {
  return ledger.last?.outcome === 'Failed' ? (run?.message ?? vanished(ledger)) : undefined;
}

function phaseWithoutJob({ last }: TrainingLedger): 'Failed' | 'Succeeded' | 'Idle' {
  return last?.outcome === 'Failed' || last?.outcome === 'Succeeded' ? last.outcome : 'Idle';
}

function vanished({ last }: TrainingLedger): string {
  return last?.outcome === 'Failed' ? 'The last training failed, and its Job is gone.' : '';
}

function nextScheduled({ training }: PipelineSpec, now: number): number | undefined {
  const { mode, schedule, timeZone } = training.retrain;
  return mode === 'OnSchedule' && schedule !== undefined ? nextTick({ schedule, timeZone }, now) : undefined;
}

const waitTexts: Readonly<Partial<Record<RetrainRefusal, string>>> = {
  NoEvents: 'The first training waits for events.',
  BackingOff: 'The next try is at',
  CoolingDown: 'The next training waits for the cooldown, until',
  BudgetSpent: 'The next training waits for the budget (training.retrain.maxPerDay), until',
};

function waitText({ reason, until }: NonNullable<TrainingSeen['waits']>): string {
  const text = waitTexts[reason] ?? '';
  return text === '' || until === undefined ? text : `${text} ${timestamp(until)}.`;
}
