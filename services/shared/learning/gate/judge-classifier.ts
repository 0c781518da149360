/**
 * Whether a candidate that classifies may go into service. The measure is log loss, a strictly proper score (Gneiting and
 * Raftery 2007, "Strictly proper scoring rules, prediction, and estimation", JASA 102): it is best for who says the true
 * probability, so that it judges the order and the calibration at once, and it is a mean over examples, which the paired
 * bootstrap over profiles can draw. ROC-AUC has a floor of its own. Pure.
 */
import type { Field } from '../classify/rows.ts';
import { expectedCalibrationError, rankingQuality } from '../classify/quality.ts';
import type { Example } from '../point-in-time/example.ts';
import { relativeDifference, type RelativeDifference } from './bootstrap.ts';
import { describeClassifierBehaviour } from './classifier-behaviour.ts';
import {
  collectClassifierEvidence,
  meanOf,
  type ClassifierEvidence,
  type ClassifierSide,
} from './classifier-evidence.ts';
import { partsOfExamples } from './classifier-segments.ts';
import { leastQuestions, sameKindDelta, type GateSettings, type Judgement } from './judge.ts';
import { lowerAuc } from './lower-auc.ts';
import { compareParts, isCollapsed } from './segments.ts';

export interface JudgeClassifierInput {
  readonly candidate: ClassifierSide & {
    readonly twin: NonNullable<ClassifierSide['twin']>;
    /** The newest event that it was fitted to, milliseconds since 1970. */
    readonly seenUntil: number;
  };
  /** Undefined: no model is in service. */
  readonly active: ClassifierSide | undefined;
  readonly examples: readonly Example[];
  /** What it may learn from. */
  readonly fields: readonly Field[];
  readonly settings: GateSettings;
  /** A clock of milliseconds, for durations only. */
  readonly now: () => number;
  readonly seed: number;
}

/** Of each label: with fewer nothing is known of it. */
const leastOfLabel = 10;
/** Probabilities that are further off on average are no probabilities. */
const mostCalibrationError = 0.15;
/** So many times the log loss of its twin a model may have that has even seen the answers. */
const mostOfTwin = 1.25;

type Figures = Record<string, number>;

export function judgeClassifier(input: JudgeClassifierInput): Judgement {
  const { candidate, active, examples } = input;
  const figures: Figures = { examples: examples.length };
  const refused = (reasons: readonly string[]): Judgement => ({ verdict: 'Refused', reasons, figures });
  const problems = describeClassifierBehaviour(input, figures);
  // Who says nonsense need not be compared.
  if (problems.length > 0) return refused(problems);
  const positives = examples.filter(({ label }) => label).length;
  if (Math.min(positives, examples.length - positives) < leastOfLabel || examples.length < leastQuestions)
    return refused([
      `of ${examples.length} examples to judge it by the label is true of ${positives}: it takes ${leastQuestions}, and ` +
        `${leastOfLabel} of which it is true and ${leastOfLabel} of which it is not`,
    ]);
  const evidence = collectClassifierEvidence(examples, candidate, active);
  const reasons = [...judgeByItself(input, evidence, figures), ...compareWithActive(input, evidence, figures)];
  return reasons.length > 0 ? refused(reasons) : { verdict: 'Passed', reasons: [praise(figures)], figures };
}

function judgeByItself(input: JudgeClassifierInput, evidence: ClassifierEvidence, figures: Figures): string[] {
  const { labels, said, fresh, seenSelf, seenTwin, profile } = evidence;
  const [own, base] = [meanOf(evidence.candidate), meanOf(evidence.base)];
  const lower = lowerAuc({ said, labels, profile }, input.seed);
  const calibration = expectedCalibrationError(said, labels);
  Object.assign(figures, {
    'examples.fresh': fresh,
    ...rankingQuality(said, labels),
    ...(Number.isFinite(lower) && { 'rocAuc.lower': lower }),
    logLoss: own,
    'base.logLoss': base,
    expectedCalibrationError: calibration,
    'seen.logLoss': seenSelf,
    'twin.logLoss': seenTwin,
  });
  const isAnother = labels.length - fresh >= leastQuestions && seenSelf > mostOfTwin * seenTwin;
  return [
    !(lower > 0.5) && `it may rank no better than chance: the lower 95% bound of its ROC-AUC is ${short(lower)}`,
    own > base &&
      `its log loss is ${short(own)}, and who always says how often the label comes true has ${short(base)}`,
    calibration > mostCalibrationError &&
      `its probabilities are off by ${short(calibration)} on average, and ${mostCalibrationError} is allowed`,
    isAnother &&
      `it is not the model that was judged: where its twin has a log loss of ${short(seenTwin)}, it has ${short(seenSelf)}`,
  ].filter((problem) => problem !== false);
}

function compareWithActive(
  { candidate, active, examples, fields, settings, seed }: JudgeClassifierInput,
  evidence: ClassifierEvidence,
  figures: Figures,
): string[] {
  if (active === undefined) return [];
  const { candidate: ours, active: theirs, profile, activeSaid, labels } = evidence;
  const paired = { candidate: ours, active: theirs, profile };
  const { mean, lower, upper } = gain(relativeDifference(paired, seed));
  const isSameKind = candidate.self.manifest.kind === active.self.manifest.kind;
  const minDelta = settings.minDelta ?? (isSameKind ? sameKindDelta : 0);
  const segments = compareParts(partsOfExamples(examples, fields), paired, seed).map((part) => ({
    ...part,
    ...gain(part),
  }));
  Object.assign(figures, {
    'active.logLoss': meanOf(theirs),
    'active.rocAuc': rankingQuality(activeSaid, labels).rocAuc,
    minDelta,
  });
  // JSON knows no infinity.
  for (const [name, value] of Object.entries({ delta: mean, 'delta.lower': lower, 'delta.upper': upper }))
    if (Number.isFinite(value)) figures[name] = value;
  for (const { segment, mean: difference } of segments) figures[`segment.${segment}`] = difference;
  return [
    ...(lower < minDelta
      ? [
          `its log loss is better than the active model's by ${percent(mean)}, at least by ${percent(lower)} (lower 95% ` +
            `bound over ${examples.length} examples), and ${percent(minDelta)} is the least (minDelta)`,
        ]
      : []),
    ...segments
      .filter((part) => isCollapsed(part, settings.segmentFloor))
      .map((part) => `in ${part.segment} it is worse: ${percent(part.mean)} (segmentFloor)`),
  ];
}

/** Of losses, of which less is better. */
function gain({ mean, lower, upper }: RelativeDifference): RelativeDifference {
  return { mean: 0 - mean, lower: 0 - upper, upper: 0 - lower };
}

function praise({ logLoss, rocAuc, examples, delta, 'delta.lower': lower, minDelta }: Figures): string {
  const own = `its log loss is ${short(logLoss!)} and its ROC-AUC ${short(rocAuc!)} over ${examples} examples`;
  if (minDelta === undefined) return `${own}; no model was in service`;
  return `${own}, ${percent(delta!)} better than the active model, at least ${percent(lower!)}`;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}%`;
