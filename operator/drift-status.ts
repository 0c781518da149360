/** What feature has reported of drift → what the status says of it. Pure. */
import type { DriftStatus } from '../crds/drift.ts';
import { watchesModels } from '../crds/drift.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import { durationMs } from '../crds/scalars.ts';
import type { TrainingStatus } from '../crds/status.ts';
import type { DriftReport, Verdict } from '../services/shared/learning/drift/verdict.ts';
import type { ConditionVerdict } from './status.ts';
import { dayMs } from './retrain.ts';

export interface DriftInput {
  readonly spec: PipelineSpec;
  /** undefined: nothing has been looked at yet. */
  readonly report: DriftReport | undefined;
  readonly training: TrainingStatus;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface DriftObserved {
  readonly status: DriftStatus;
  readonly verdict: ConditionVerdict;
}

/** Of the first model that is watched; undefined: none is. */
export function observeDrift(input: DriftInput): DriftObserved | undefined {
  const { spec, report, training, now } = input;
  if (!watchesModels(spec)) return undefined;
  const { name } = spec.models.find(({ recommend }) => recommend !== undefined) ?? spec.models[0]!;
  const standing = report?.standings.find(({ model }) => model === name);
  const verdict = report?.verdicts.findLast(({ model }) => model === name);
  const { worst, hitRate } = standing ?? {};
  const status: DriftStatus = {
    ...(worst && { score: rounded(worst.score), feature: shown(worst.feature), windowsAboveThreshold: worst.windows }),
    ...(verdict && { detector: verdict.detector, verdict: verdict.id, verdictTime: stamp(verdict.time) }),
    ...(standing && { model: standing.version, lastEvaluatedTime: stamp(standing.evaluatedAt) }),
    ...(hitRate !== undefined && { hitRate: rounded(hitRate) }),
    ...budgetOf(spec, training, now),
  };
  return { status, verdict: conditionOf(standing?.version, verdict) };
}

function budgetOf({ training: { retrain } }: PipelineSpec, training: TrainingStatus, now: number): DriftStatus {
  const { startTime, recentStartTimes = [] } = training;
  const today = recentStartTimes.filter((at) => now - Date.parse(at) < dayMs).length;
  if (startTime === undefined) return { retrainsToday: today };
  // It stays said once it is over: a status is not written anew because time has passed.
  return { cooldownUntil: stamp(Date.parse(startTime) + durationMs(retrain.cooldown)), retrainsToday: today };
}

/** A verdict is about the model that was watched; another one in its place has yet to be found wanting. */
function conditionOf(watched: string | undefined, verdict: Verdict | undefined): ConditionVerdict {
  if (watched === undefined)
    return { status: 'Unknown', reason: 'NotEvaluated', message: 'No model in service has been watched yet.' };
  if (verdict === undefined || verdict.version !== watched)
    return { status: 'False', reason: 'NoDrift', message: `No drift was found while ${watched} has served.` };
  return {
    status: 'True',
    reason: verdict.feature === 'quality' ? 'QualityFell' : 'InputsMoved',
    message: said(verdict),
  };
}

function said({ id, version, detector, feature, score, before, time }: Verdict): string {
  const what =
    before === undefined
      ? `${feature} is ${rounded(score)} away from the training data by ${detector}`
      : `it misses ${rounded(score)} of what comes, ${rounded(before)} before, by ${detector}`;
  return `Verdict ${id} on ${version} at ${stamp(time)}: ${what}. docs/operations.md says what to do on drift.`;
}

const rounded = (value: number): string => String(Math.round(value * 1000) / 1000);
const stamp = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
/** The name of a feature may be longer than the status has room for. */
const shown = (feature: string): string => feature.slice(0, 64);
