/**
 * What is remembered of trainings: in the status, and on the newest Job, so that either can be lost. The Job's is of the
 * moment at which it was made; how it ended is its own to say. Pure.
 */
import { createHash } from 'node:crypto';
import type { TrainingStatus } from '../../../crds/status.ts';
import { emptyLedger, ended, type Outcome, type TrainingLedger, type Trigger } from '../../retrain.ts';
import { memoryAnnotation, triggerLabel } from '../render/training-job.ts';
import { timestamp } from '../runtime/conditions.ts';
import { hasEnded, observeJob, type TrainingJob } from './observe-job.ts';

export interface Remembered {
  readonly ledger: TrainingLedger;
  /** The newest, unless it is gone. */
  readonly job: TrainingJob | undefined;
}

export function remember(status: TrainingStatus | undefined, jobs: readonly TrainingJob[]): Remembered {
  const known = fromStatus(status);
  const told = jobs.flatMap((job) => {
    const ledger = fromJob(job);
    return ledger === undefined ? [] : [{ job, ledger }];
  });
  const newest = told.toSorted((a, b) => a.ledger.count - b.ledger.count).at(-1);
  if (newest !== undefined && newest.ledger.count >= known.count)
    return { ledger: ended(newest.ledger, observeJob(newest.job).outcome), job: newest.job };
  // Somebody has deleted it, so nobody knows how it ended.
  return { ledger: known.last?.outcome === 'Running' ? ended(known, 'Failed') : known, job: undefined };
}

/** The ended Jobs beyond the limit, oldest first. The newest one stays: it remembers. */
export function beyondLimit(jobs: readonly TrainingJob[], limit: number): TrainingJob[] {
  const aged = jobs.filter(hasEnded).toSorted((a, b) => (fromJob(a)?.count ?? 0) - (fromJob(b)?.count ?? 0));
  return aged.slice(0, Math.max(0, aged.length - limit));
}

/** Those under way in whose place a person has wished for another one: see `decideRetrain`. */
export function superseded(jobs: readonly TrainingJob[]): TrainingJob[] {
  const countOf = (job: TrainingJob): number => fromJob(job)?.count ?? Infinity;
  const newest = Math.max(0, ...jobs.map((job) => fromJob(job)?.count ?? 0));
  return jobs.filter((job) => !hasEnded(job) && countOf(job) < newest);
}

/** The same question always gets the same name: a Job that a stale cache does not show is not made twice. */
export function jobName(
  pipeline: { readonly name: string; readonly uid: string },
  run: { readonly trigger: Trigger; readonly id: string; readonly attempt: number },
): string {
  const text = JSON.stringify([pipeline.uid, run.trigger, run.id, run.attempt]);
  return `${pipeline.name}-train-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

export const triggerOf = ({ metadata }: TrainingJob): Trigger => metadata.labels?.[triggerLabel] as Trigger;

export const memoryOf = (ledger: TrainingLedger): string => JSON.stringify(ledger);

/** An annotation is anybody's to change: what cannot be read was never there. */
function fromJob({ metadata }: TrainingJob): TrainingLedger | undefined {
  try {
    const read = JSON.parse(metadata.annotations?.[memoryAnnotation] ?? '') as TrainingLedger;
    const isWhole =
      Number.isSafeInteger(read.count) && Array.isArray(read.startTimes) && typeof read.handled === 'object';
    return isWhole && Number.isFinite(read.last?.startedAt) ? { ...emptyLedger, ...read } : undefined;
  } catch {
    return undefined;
  }
}

const outcomes: Readonly<Record<NonNullable<TrainingStatus['phase']>, Outcome>> = {
  Idle: 'TooFewEvents',
  Queued: 'Running',
  Pending: 'Running',
  Running: 'Running',
  Suspended: 'Running',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
};

function fromStatus(status: TrainingStatus = {}): TrainingLedger {
  const { runs = 0, phase = 'Idle', startTime, lastSuccessTime, records = 0, learnedRecords = 0 } = status;
  if (startTime === undefined || runs === 0) return emptyLedger;
  return {
    count: runs,
    last: { startedAt: Date.parse(startTime), records, outcome: outcomes[phase] },
    learned:
      lastSuccessTime === undefined ? undefined : { startedAt: Date.parse(lastSuccessTime), records: learnedRecords },
    failures: status.consecutiveFailures ?? 0,
    startTimes: (status.recentStartTimes ?? []).map((at) => Date.parse(at)),
    handled: status.handled ?? {},
  };
}

/** The part of a status from which `remember` reads the same ledger again; the phase says the outcome. */
export function statusOf({ count, last, learned, failures, startTimes, handled }: TrainingLedger): TrainingStatus {
  if (last === undefined) return {};
  return {
    runs: count,
    startTime: timestamp(last.startedAt),
    records: last.records,
    consecutiveFailures: failures,
    recentStartTimes: startTimes.map(timestamp),
    handled: { ...handled },
    ...(learned && { lastSuccessTime: timestamp(learned.startedAt), learnedRecords: learned.records }),
  };
}
