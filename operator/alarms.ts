/** What takes a model back while it is on trial: its answers against those of the model before it. Pure. */
import type { PromotionSpec } from '../crds/promotion.ts';
import {
  answerSeconds,
  type ArmFigures,
  type TrialFigures,
  type TrialQuality,
} from '../services/shared/trial-figures.ts';

export interface AlarmInput {
  /** Added up over all processes of serving; undefined: nothing has been counted yet. */
  readonly figures: TrialFigures | undefined;
  readonly quality: TrialQuality | undefined;
  readonly limits: PromotionSpec['alarms'];
}

/** What was seen of a model on trial. */
export interface TrialEvidence {
  /** That it gave. */
  readonly answers: number;
  /** About what people did next, that it was asked before they did it. */
  readonly questions: number;
}

export interface TrialSeen {
  /** Why it is to be taken back, for a person; undefined: nothing speaks against it. */
  readonly alarm: string | undefined;
  readonly evidence: TrialEvidence;
}

export const noEvidence: TrialEvidence = { answers: 0, questions: 0 };

/** Fewer answers say nothing of a rate or of a percentile. */
const leastAnswers = 100;
/** A model that cannot answer at all is taken back sooner. */
const leastErrors = 5;
const leastQuestions = 100;
/** One-sided 99%: what chance explains is no reason to take a model back. */
const certainty = 2.326;

export function lookAtTrial(input: AlarmInput): TrialSeen {
  const { figures, quality } = input;
  const evidence = { answers: figures?.canary.answers ?? 0, questions: quality?.canary.questions ?? 0 };
  return { alarm: raiseAlarm(input), evidence };
}

/** Why the model on trial is to be taken back, for a person; undefined: nothing speaks against it. */
export function raiseAlarm({ figures, quality, limits }: AlarmInput): string | undefined {
  return (
    (figures &&
      (errorAlarm(figures, Number(limits.errorRate)) ?? latencyAlarm(figures, Number(limits.latencyP99Ratio)))) ??
    (quality && qualityAlarm(quality, Number(limits.qualityDrop)))
  );
}

function errorAlarm({ canary, stable }: TrialFigures, allowed: number): string | undefined {
  if (canary.errors < leastErrors) return undefined;
  const [rate, before] = [rateOf(canary), rateOf(stable)];
  if (rate - before <= allowed) return undefined;
  return `${percent(rate)} of its ${canary.answers} answers failed, and ${percent(before)} of the old model's (alarms.errorRate)`;
}

function latencyAlarm({ canary, stable }: TrialFigures, ratio: number): string | undefined {
  if (canary.answers < leastAnswers || stable.answers < leastAnswers) return undefined;
  const [own, before] = [p99Of(canary), p99Of(stable)];
  // Bins are coarse: the least that the own one can be, against the most that the other one can be.
  if (own.from <= before.to * ratio) return undefined;
  return `99% of its answers take up to ${ms(own.to)}, and of the old model's ${ms(before.to)} (alarms.latencyP99Ratio)`;
}

function qualityAlarm({ canary, stable }: TrialQuality, drop: number): string | undefined {
  if (canary.questions < leastQuestions || stable.questions < leastQuestions) return undefined;
  const [own, before] = [canary.hits / canary.questions, stable.hits / stable.questions];
  const chance = Math.sqrt(varianceOf(own, canary.questions) + varianceOf(before, stable.questions));
  if (own >= before * (1 - drop) - certainty * chance) return undefined;
  return `it foresaw ${percent(own)} of ${canary.questions} next items, and the old model ${percent(before)} of ${stable.questions} (alarms.qualityDrop)`;
}

const rateOf = ({ answers, errors }: ArmFigures): number => (answers === 0 ? 0 : errors / answers);

const varianceOf = (rate: number, count: number): number => (rate * (1 - rate)) / count;

/** The bin, in seconds, in which the 99th percentile lies; the last one has no end. */
function p99Of({ seconds }: ArmFigures): { readonly from: number; readonly to: number } {
  const total = seconds.reduce((sum, count) => sum + count, 0);
  let bin = 0;
  for (let below = seconds[0]!; below < 0.99 * total && bin < seconds.length - 1;) below += seconds[++bin]!;
  return { from: answerSeconds[bin - 1] ?? 0, to: answerSeconds[bin] ?? Infinity };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const ms = (seconds: number): string => (Number.isFinite(seconds) ? `${1000 * seconds} ms` : 'more than a second');
