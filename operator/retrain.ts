/** When to train: pure, from what the log holds, what the last runs came to, what was asked for, and the budget. */
import type { Training } from '../crds/pipeline.ts';
import { durationMs } from '../crds/scalars.ts';
import { lastTick, nextTick, type Schedule } from '../crds/schedule.ts';

export type Trigger = 'Initial' | 'Growth' | 'Schedule' | 'Drift' | 'Manual';

/** `TooFewEvents`: nothing has failed, there was too little to learn from. */
export type Outcome = 'Running' | 'Succeeded' | 'TooFewEvents' | 'Failed';

export interface TrainingRun {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Records of `events-clean` at the start of the run. */
  readonly records: number;
  readonly outcome: Outcome;
}

/** All that a decision needs to know of the past, in a few hundred bytes. */
export interface TrainingLedger {
  /** Runs ever started. */
  readonly count: number;
  readonly last: TrainingRun | undefined;
  /** The last run that succeeded. */
  readonly learned: Omit<TrainingRun, 'outcome'> | undefined;
  /** Runs that have failed since a run last did not. */
  readonly failures: number;
  /** Milliseconds since 1970, of the runs of the last 24 hours that count against the budget; oldest first. */
  readonly startTimes: readonly number[];
  /** By trigger: the id of what it last set off. */
  readonly handled: Readonly<Partial<Record<Trigger, string>>>;
}

export interface RetrainInput {
  readonly now: number;
  readonly training: Training;
  /** Records that `events-clean` holds now. */
  readonly records: number;
  readonly ledger: TrainingLedger;
  /** Value of the annotation by which a person asks for a training. */
  readonly manual?: string | undefined;
  /** Id of the newest verdict of drift. */
  readonly drift?: string | undefined;
  /** When the change came that it found, milliseconds since 1970: what is learned from has been ingested since then. */
  readonly changedAt?: number | undefined;
  /** The run under way has not begun: what it asks for is not there, and may never be. */
  readonly waits?: boolean;
}

export type RetrainDecision =
  | { readonly train: true; readonly trigger: Trigger; readonly id: string }
  | { readonly train: false; readonly reason: RetrainRefusal; readonly until?: number };

export type RetrainRefusal =
  | 'NoEvents'
  | 'Running'
  | 'BackingOff'
  | 'Never'
  | 'NotGrown'
  | 'NotScheduled'
  | 'NoDrift'
  | 'CoolingDown'
  | 'BudgetSpent';

export const dayMs = 24 * 3_600_000;
/** A run without enough events is tried again when the log has grown by half; there is no cost in being early. */
const tooFewGrowth = 1.5;

export const emptyLedger: TrainingLedger = {
  count: 0,
  last: undefined,
  learned: undefined,
  failures: 0,
  startTimes: [],
  handled: {},
};

export function decideRetrain(input: RetrainInput): RetrainDecision {
  const { records, ledger, manual, waits } = input;
  const { last, learned, handled } = ledger;
  const isAsked = manual !== undefined && manual !== handled.Manual;
  if (records === 0) return wait('NoEvents');
  if (last?.outcome === 'Running' && !(isAsked && waits)) return wait('Running');
  if (isAsked) return go('Manual', manual);
  const tooSoon = last && afterNoSuccess(input, last);
  if (tooSoon) return tooSoon;
  const wanted = learned === undefined ? go('Initial', 'first') : decideByMode(input, learned);
  return wanted.train ? withinLimits(input, wanted) : wanted;
}

function afterNoSuccess(input: RetrainInput, last: TrainingRun): RetrainDecision | undefined {
  const { now, ledger } = input;
  if (last.outcome === 'TooFewEvents' && !hasGrown(input, last, tooFewGrowth)) return wait('NotGrown');
  const retryAt = last.outcome === 'Failed' ? last.startedAt + backoffMs(ledger.failures) : now;
  return now < retryAt ? wait('BackingOff', retryAt) : undefined;
}

function decideByMode(input: RetrainInput, learned: NonNullable<TrainingLedger['learned']>): RetrainDecision {
  const { training, ledger, drift } = input;
  const { mode, growth, schedule, timeZone } = training.retrain;
  if (mode === 'OnGrowth')
    return hasGrown(input, learned, Number(growth)) ? go('Growth', String(learned.startedAt)) : wait('NotGrown');
  if (mode === 'OnDrift') {
    if (drift !== undefined && (drift !== ledger.handled.Drift || isUnanswered(input, learned)))
      return go('Drift', drift);
    // The first model, and the first one after a change, have seen little: they are followed by better ones.
    return hasGrown(input, learned, Number(growth)) ? go('Growth', String(learned.startedAt)) : wait('NoDrift');
  }
  return mode === 'Never' || schedule === undefined ? wait('Never') : decideBySchedule(input, { schedule, timeZone });
}

/** Whether a run was set off after the change that was found last. */
const isSinceChange = ({ changedAt, training }: RetrainInput, run: { readonly startedAt: number }): boolean =>
  changedAt !== undefined && training.retrain.mode === 'OnDrift' && run.startedAt > changedAt;

/** Whether the trainings since the change have all come to nothing. */
function isUnanswered(input: RetrainInput, learned: Pick<TrainingRun, 'startedAt'>): boolean {
  const { last } = input.ledger;
  return last !== undefined && isSinceChange(input, last) && !isSinceChange(input, learned);
}

/**
 * Whether there is `growth` times as much to learn from as at that run. After a change that is what came since, which the
 * records of the whole log do not tell; the time since does, as far as events keep coming at the same rate.
 */
function hasGrown(input: RetrainInput, run: Pick<TrainingRun, 'startedAt' | 'records'>, growth: number): boolean {
  if (!isSinceChange(input, run)) return input.records >= run.records * growth;
  const since = input.changedAt!;
  return input.now - since >= (run.startedAt - since) * growth;
}

function decideBySchedule({ now, ledger }: RetrainInput, schedule: Schedule): RetrainDecision {
  const tick = lastTick(schedule, now);
  const done = tick === undefined || tick <= (ledger.last?.startedAt ?? 0) || String(tick) === ledger.handled.Schedule;
  return done ? wait('NotScheduled', nextTick(schedule, now)) : go('Schedule', String(tick));
}

function withinLimits({ now, training, ledger }: RetrainInput, wanted: RetrainDecision): RetrainDecision {
  const { cooldown, maxPerDay } = training.retrain;
  const { last, learned, startTimes } = ledger;
  // The wait after too few events is its growth, that before a first model the backoff.
  const warm = learned === undefined || last === undefined ? now : last.startedAt + durationMs(cooldown);
  if (now < warm) return wait('CoolingDown', warm);
  const today = startTimes.filter((at) => now - at < dayMs);
  if (today.length < maxPerDay) return wanted;
  return wait('BudgetSpent', today.at(-maxPerDay)! + dayMs);
}

const go = (trigger: Trigger, id: string): RetrainDecision => ({ train: true, trigger, id });

const wait = (reason: RetrainRefusal, until?: number): RetrainDecision => ({
  train: false,
  reason,
  ...(until !== undefined && { until }),
});

/** 5 s, doubled with each failure in a row, at most 10 minutes. */
const backoffMs = (failures: number): number => Math.min(600_000, 5000 * 2 ** (failures - 1));

/** The ledger once this run has begun. */
export function begun(
  ledger: TrainingLedger,
  run: { readonly trigger: Trigger; readonly id: string; readonly now: number; readonly records: number },
): TrainingLedger {
  const { trigger, id, now, records } = run;
  return {
    ...ledger,
    count: ledger.count + 1,
    last: { startedAt: now, records, outcome: 'Running' },
    startTimes: [...ledger.startTimes.filter((at) => now - at < dayMs), now],
    handled: { ...ledger.handled, [trigger]: id },
  };
}

/** The ledger once its last run has come to this. Too few events cost nothing of the budget. */
export function ended(ledger: TrainingLedger, outcome: Outcome): TrainingLedger {
  const { last, failures, startTimes } = ledger;
  if (last === undefined || outcome === 'Running') return ledger;
  const { startedAt, records } = last;
  return {
    ...ledger,
    last: { ...last, outcome },
    ...(outcome === 'Succeeded' && { learned: { startedAt, records } }),
    failures: outcome === 'Failed' ? failures + 1 : 0,
    startTimes: outcome === 'TooFewEvents' ? startTimes.filter((at) => at !== startedAt) : startTimes,
  };
}

/** A run, and what set it off; absent of runs that were remembered without. */
export interface RememberedRun extends TrainingRun {
  readonly trigger?: Trigger;
  readonly id?: string;
}

/** Of runs that are all remembered, oldest first. */
export function ledgerOf(runs: readonly RememberedRun[]): TrainingLedger {
  let ledger = emptyLedger;
  for (const { startedAt: now, records, outcome, trigger = 'Initial', id = '' } of runs)
    ledger = ended(begun(ledger, { trigger, id, now, records }), outcome);
  return ledger;
}
