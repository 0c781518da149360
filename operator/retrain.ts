/** When to train: pure, from what the log holds, what the last run learned from, and the budget. */
import { durationMs } from '../crds/scalars.ts';
import type { Training } from '../crds/pipeline.ts';

export interface TrainingRun {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Records of `events-clean` at the start of the run. */
  readonly records: number;
  readonly outcome: 'Running' | 'Succeeded' | 'TooFewEvents' | 'Failed';
}

export interface RetrainInput {
  readonly now: number;
  readonly training: Training;
  /** Records that `events-clean` holds now. */
  readonly records: number;
  /** Earlier runs, oldest first; at least those of the last 24 hours. */
  readonly runs: readonly TrainingRun[];
}

export type RetrainDecision =
  | { readonly train: true; readonly trigger: 'Initial' | 'Growth' }
  | { readonly train: false; readonly reason: RetrainRefusal };

type RetrainRefusal = 'NoEvents' | 'Running' | 'BackingOff' | 'Never' | 'NotGrown' | 'CoolingDown' | 'BudgetSpent';

const dayMs = 24 * 3_600_000;
/** A run without enough events is tried again when the log has grown by half; there is no cost in being early. */
const tooFewGrowth = 1.5;

export function decideRetrain(input: RetrainInput): RetrainDecision {
  const { now, runs, records } = input;
  const last = runs.at(-1);
  if (records === 0) return wait('NoEvents');
  if (last?.outcome === 'Running') return wait('Running');
  if (last === undefined) return { train: true, trigger: 'Initial' };
  if (last.outcome === 'TooFewEvents') return records >= last.records * tooFewGrowth ? first(runs) : wait('NotGrown');
  if (last.outcome === 'Failed' && now - last.startedAt < backoffMs(runs)) return wait('BackingOff');
  const learned = runs.findLast((run) => run.outcome === 'Succeeded');
  if (learned === undefined) return first(runs);
  return decideGrowth(input, learned);
}

function decideGrowth({ now, training, records, runs }: RetrainInput, learned: TrainingRun): RetrainDecision {
  const { mode, growth, cooldown, maxPerDay } = training.retrain;
  if (mode === 'Never') return wait('Never');
  if (records < learned.records * Number(growth)) return wait('NotGrown');
  if (now - learned.startedAt < durationMs(cooldown)) return wait('CoolingDown');
  const today = runs.filter((run) => now - run.startedAt < dayMs && run.outcome !== 'TooFewEvents').length;
  return today >= maxPerDay ? wait('BudgetSpent') : { train: true, trigger: 'Growth' };
}

const first = (runs: readonly TrainingRun[]): RetrainDecision => ({
  train: true,
  trigger: runs.some((run) => run.outcome === 'Succeeded') ? 'Growth' : 'Initial',
});

const wait = (reason: RetrainRefusal): RetrainDecision => ({ train: false, reason });

/** 5 s, doubled with each failure in a row, at most 10 minutes. */
function backoffMs(runs: readonly TrainingRun[]): number {
  const failures = runs.length - 1 - runs.findLastIndex((run) => run.outcome !== 'Failed');
  return Math.min(600_000, 5000 * 2 ** (failures - 1));
}
