/** Whether a candidate may go into service: every check, with its figures and its reason. Pure. */
import type { LoadedModel } from '../artifact.ts';
import { observeBehaviour, scoringP99, type Behaviour } from './behaviour.ts';
import { relativeDifference } from './bootstrap.ts';
import { collectEvidence, pairedWith, type CandidateSide, type Evidence, type Side } from './evidence.ts';
import type { GateQuestion } from './hold-out.ts';
import { compareSegments, isCollapsed } from './segments.ts';

export interface GateSettings {
  /** Undefined: -0.01, and 0 where the candidate is of another kind than the model in service. */
  readonly minDelta: number | undefined;
  readonly segmentFloor: number;
  readonly latencyBudgetMs: number;
}

/** A model that can be asked itself. */
interface Judged extends Side {
  readonly self: LoadedModel;
  readonly twin: LoadedModel | undefined;
}

export interface JudgeInput {
  readonly candidate: Judged & Pick<CandidateSide, 'seenUntil'> & { readonly twin: LoadedModel };
  /** Undefined: no model is in service. */
  readonly active: Judged | undefined;
  readonly questions: readonly GateQuestion[];
  /** Items that the log tells of in the events that the candidate was fitted to. */
  readonly items: ReadonlySet<string>;
  readonly settings: GateSettings;
  /** A clock of milliseconds, for durations only. */
  readonly now: () => number;
  readonly seed: number;
}

export interface Judgement {
  readonly verdict: 'Passed' | 'Refused';
  /** At least one. */
  readonly reasons: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

export const refusal = (...reasons: readonly string[]): Judgement => ({ verdict: 'Refused', reasons, figures: {} });

/** Fewer questions prove nothing. */
export const leastQuestions = 30;
/** Histories by which scores and times are looked at. */
const goldenUsers = 100;
export const sameKindDelta = -0.01;
/** Its scores may be so many times greater or less than its twin's, which has learned from nearly the same events. */
const greatestShift = 10;
/** Than those of the model in service, of the same kind: scores of EASE grow with the events, and a young model has few. */
const greatestShiftBeside = 1000;
/** Of what its twin is worth at the hold-out, a model that has even seen the answers must be worth so much. */
const leastOfTwin = 0.8;
/** So great a share of the log's items a model may not know. */
const mostMissing = 0.1;

export function judge(input: JudgeInput): Judgement {
  const figures: Record<string, number> = {};
  const problems = judgeBehaviour(input, figures);
  // Who scores nonsense need not be compared.
  if (problems.length > 0) return { verdict: 'Refused', reasons: problems, figures };
  problems.push(...judgeQuality(input, figures));
  if (problems.length > 0) return { verdict: 'Refused', reasons: problems, figures };
  return { verdict: 'Passed', reasons: [praise(input, figures)], figures };
}

type Figures = Record<string, number>;

function judgeBehaviour(input: JudgeInput, figures: Figures): string[] {
  const { candidate, questions, items, settings, now } = input;
  const histories = questions.slice(0, goldenUsers).map(({ history }) => history);
  const model = candidate.self.recommender;
  const own = observeBehaviour(model, histories);
  if (own.notANumber !== undefined) return [own.notANumber];
  const missing = [...items].filter((id) => model.items.indexOf(id) < 0).length;
  const p99 = scoringP99(model, histories, now);
  const worst = worstShift(input, own, histories);
  Object.assign(figures, { 'items.missing': missing, 'latency.p99': p99 / 1000 });
  // JSON knows no infinity.
  if (Number.isFinite(worst.ratio)) figures['score.shift'] = worst.ratio;
  return [
    missing > mostMissing * items.size && `it does not know ${missing} of ${items.size} items that the log tells of`,
    own.known > 0 && own.flat === own.known && 'after every history all items score alike',
    worst.excess > 1 && `its scores are ${short(worst.ratio)} times what they were`,
    p99 > settings.latencyBudgetMs &&
      `scoring takes ${short(p99)} ms (99th percentile), and ${settings.latencyBudgetMs} are allowed (latencyBudget)`,
  ].filter((problem) => problem !== false);
}

/** Of the models that it is compared with the one from which its scores are furthest, for what is allowed. */
function worstShift(
  { candidate, active }: JudgeInput,
  own: Behaviour,
  histories: readonly GateQuestion['history'][],
): { readonly ratio: number; readonly excess: number } {
  const isSameKind = active?.self.recommender.kind === candidate.self.recommender.kind;
  const rivals = [
    { recommender: candidate.twin.recommender, greatest: greatestShift },
    ...(active && isSameKind ? [{ recommender: active.self.recommender, greatest: greatestShiftBeside }] : []),
  ];
  const shifts = rivals.flatMap(({ recommender, greatest }) => {
    const other = observeBehaviour(recommender, histories);
    // Who knows none of the histories says nothing of how great scores are; and two flat ones are alike.
    if (own.known === 0 || other.known === 0 || (own.spread === 0 && other.spread === 0)) return [];
    const ratio = own.spread / other.spread;
    return { ratio, excess: Math.abs(Math.log(ratio)) / Math.log(greatest) };
  });
  return shifts.toSorted((a, b) => b.excess - a.excess)[0] ?? { ratio: 1, excess: 0 };
}

function judgeQuality(input: JudgeInput, figures: Figures): string[] {
  const { candidate, active, questions, seed } = input;
  const attributesOf = (itemId: string) =>
    candidate.self.itemAttributes[candidate.self.recommender.items.indexOf(itemId)];
  const evidence = collectEvidence(questions, { ...candidate, attributesOf }, active);
  const [own, popular] = [meanOf(evidence.candidate), meanOf(evidence.popularity)];
  Object.assign(figures, {
    questions: questions.length,
    'questions.fresh': evidence.fresh,
    'ndcg@10': own,
    'popularity.ndcg@10': popular,
    'seen.ndcg@10': evidence.seenSelf,
    'twin.ndcg@10': evidence.seenTwin,
  });
  // Where nothing is in service, what chance explains is no reason to go on without any.
  const surely = active !== undefined || relativeDifference(pairedWith(evidence.popularity, evidence), seed).upper < 0;
  const isWorseThanPopular = own < popular && surely;
  const isWorseThanTwin =
    questions.length - evidence.fresh >= leastQuestions && evidence.seenSelf < leastOfTwin * evidence.seenTwin;
  return [
    isWorseThanPopular && `its NDCG@10 is ${short(own)}, and the most popular items have ${short(popular)}`,
    isWorseThanTwin &&
      `it is not the model that was judged: where its twin has ${short(evidence.seenTwin)}, it has ${short(evidence.seenSelf)}`,
    ...(active ? compareWithActive(input, evidence, { figures, active, seed }) : []),
  ].filter((problem) => problem !== false);
}

interface Comparing {
  readonly figures: Figures;
  readonly active: Judged;
  readonly seed: number;
}

function compareWithActive(
  { candidate, settings, questions }: JudgeInput,
  evidence: Evidence,
  { figures, active, seed }: Comparing,
): (string | false)[] {
  const paired = pairedWith(evidence.active, evidence);
  const { mean, lower, upper } = relativeDifference(paired, seed);
  const isSameKind = candidate.self.recommender.kind === active.self.recommender.kind;
  const minDelta = settings.minDelta ?? (isSameKind ? sameKindDelta : 0);
  const segments = compareSegments(evidence.segments, paired, seed);
  Object.assign(figures, { 'active.ndcg@10': meanOf(evidence.active), minDelta });
  // JSON knows no infinity.
  for (const [name, value] of Object.entries({ delta: mean, 'delta.lower': lower, 'delta.upper': upper }))
    if (Number.isFinite(value)) figures[name] = value;
  for (const { segment, mean: difference } of segments)
    if (Number.isFinite(difference)) figures[`segment.${segment}`] = difference;
  if (questions.length < leastQuestions)
    return [`there are ${questions.length} questions to compare it by, and it takes ${leastQuestions}`];
  return [
    lower < minDelta &&
      `its NDCG@10 differs from the active model's by ${percent(mean)}, at least by ${percent(lower)} (lower 95% bound ` +
        `over ${questions.length} questions), and ${percent(minDelta)} is the least (minDelta)`,
    ...segments
      .filter((segment) => isCollapsed(segment, settings.segmentFloor))
      .map((segment) => `in ${segment.segment} it is worse: ${percent(segment.mean)} (segmentFloor)`),
  ];
}

function praise({ active }: JudgeInput, figures: Figures): string {
  const own = `its NDCG@10 is ${short(figures['ndcg@10']!)} over ${figures['questions']} questions`;
  if (active === undefined) return `${own}; no model was in service`;
  const lower = figures['delta.lower'];
  return `${own}, ${percent(figures['delta'] ?? Infinity)} beside the active model's, at least ${percent(lower ?? Infinity)}`;
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}%`;
