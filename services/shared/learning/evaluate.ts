/** Full-catalogue ranking metrics: seen items masked, ties pessimistic. */
import { topN } from './recommender.ts';
import type { Sequences } from './sequences.ts';
import type { Queries } from './split.ts';

/** A model as the evaluation asks it: false where it knows nothing of the steps. */
export interface StepScorer {
  scoreSteps(steps: Uint32Array, out: Float64Array): boolean;
}

export interface EvaluationInput {
  readonly sequences: Sequences;
  readonly queries: Queries;
  /** Size of the catalogue. */
  readonly items: number;
  /** How many are recommended. */
  readonly k: number;
  /** The newest so many steps of a history are scored (all of them are masked). */
  readonly length: number;
  /** Answers where the model knows nothing. */
  readonly fallback: StepScorer;
}

export interface Evaluation {
  /** Questions with at least one item that the profile had not seen; the others cannot be answered and are left out. */
  readonly queries: number;
  /** Mean share of a question's unseen items among the first k. */
  readonly recall: number;
  /** Mean of Σ 1/log₂(1 + rank) over the hits within k, divided by its greatest possible value. */
  readonly ndcg: number;
  /** Mean of 1/rank of the first hit within k, 0 without one. */
  readonly mrr: number;
  /** Share of the catalogue that was recommended to anyone. */
  readonly coverage: number;
}

/** Sums over questions: those of several workers add up. */
export interface Tally {
  queries: number;
  recall: number;
  ndcg: number;
  mrr: number;
  /** By item: 1 where it was recommended to anyone. */
  readonly recommended: Uint8Array;
}

/** Pessimistic: among equal scores, the items that are not asked for come first. */
export function evaluate(scorer: StepScorer, input: EvaluationInput): Evaluation {
  return meansOf(tally(scorer, input));
}

/** NDCG of each question that can be answered, in their order: what two models are compared by, pair by pair. */
export function gainsOf(scorer: StepScorer, input: EvaluationInput): Float64Array {
  const gains: number[] = [];
  tally(scorer, input, (gain) => gains.push(gain));
  return Float64Array.from(gains);
}

export function tally(
  scorer: StepScorer,
  input: EvaluationInput,
  onGain?: (ndcg: number, recall: number, query: number) => void,
): Tally {
  const { queries, items, k } = input;
  const question = createQuestion(input);
  const recommended = new Uint8Array(items);
  const totals: Tally = { queries: 0, recall: 0, ndcg: 0, mrr: 0, recommended };
  for (let query = 0; query < queries.at.length; query++) {
    const targets = question.ask(query);
    if (targets.length === 0) continue;
    const { best, ranks } = rankTargets(question.scores(scorer), targets, k, question.isSeen);
    for (const item of best) recommended[item] = 1;
    totals.queries++;
    totals.recall += ranks.length / targets.length;
    const gain = ranks.reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0) / idealGain(Math.min(k, targets.length));
    onGain?.(gain, ranks.length / targets.length, query);
    totals.ndcg += gain;
    totals.mrr += ranks.length === 0 ? 0 : 1 / ranks[0]!;
  }
  return totals;
}

export function addTally(sum: Tally, other: Tally): void {
  sum.queries += other.queries;
  sum.recall += other.recall;
  sum.ndcg += other.ndcg;
  sum.mrr += other.mrr;
  other.recommended.forEach((value, item) => (sum.recommended[item]! |= value));
}

export function meansOf({ queries, recall, ndcg, mrr, recommended }: Tally): Evaluation {
  const mean = (total: number): number => (queries === 0 ? 0 : total / queries);
  const shown = recommended.reduce((sum, value) => sum + value, 0);
  return {
    queries,
    recall: mean(recall),
    ndcg: mean(ndcg),
    mrr: mean(mrr),
    coverage: recommended.length === 0 ? 0 : shown / recommended.length,
  };
}

interface Question {
  /** The items asked for: the distinct targets of the query that its history does not have. */
  ask(query: number): number[];
  scores(scorer: StepScorer): Float64Array;
  readonly isSeen: (item: number) => boolean;
}

function createQuestion({ sequences, queries, items, length, fallback }: EvaluationInput): Question {
  const seenBy = new Int32Array(items).fill(-1);
  const out = new Float64Array(items);
  let current = -1;
  return {
    ask(query) {
      current = query;
      const at = queries.at[query]!;
      for (let step = queries.start[query]!; step < at; step++) seenBy[sequences.items[step]!] = query;
      const asked = new Set<number>();
      for (let step = at; step < queries.end[query]!; step++) {
        const item = sequences.items[step]!;
        if (sequences.targets[step] && seenBy[item] !== query) asked.add(item);
      }
      return [...asked];
    },
    scores(scorer) {
      const at = queries.at[current]!;
      const steps = sequences.items.subarray(Math.max(queries.start[current]!, at - length), at);
      if (!scorer.scoreSteps(steps, out)) fallback.scoreSteps(steps, out);
      return out;
    },
    isSeen: (item) => seenBy[item] === current,
  };
}

/** The best k items, and the ranks (from 1, ascending) of the targets among the first k. */
export function rankTargets(
  scores: Float64Array,
  targets: readonly number[],
  k: number,
  isSeen: (item: number) => boolean,
): { best: number[]; ranks: number[] } {
  const top = topN(scores, k, isSeen);
  // What scores below the k-th best cannot be among the first k.
  const threshold = top.length < k ? -Infinity : top.at(-1)!.score;
  const close = targets.filter((item) => scores[item]! >= threshold).sort((a, b) => scores[b]! - scores[a]!);
  const isTarget = new Set(targets);
  const ranks: number[] = [];
  close.forEach((target, ahead) => {
    const rank = 1 + ahead + othersAtLeast(scores, scores[target]!, (item) => isTarget.has(item) || isSeen(item));
    if (rank <= k) ranks.push(rank);
  });
  return { best: top.map(({ item }) => item), ranks };
}

function othersAtLeast(scores: Float64Array, score: number, isLeftOut: (item: number) => boolean): number {
  let count = 0;
  for (let item = 0; item < scores.length; item++) if (scores[item]! >= score && !isLeftOut(item)) count++;
  return count;
}

function idealGain(hits: number): number {
  let gain = 0;
  for (let rank = 1; rank <= hits; rank++) gain += 1 / Math.log2(1 + rank);
  return gain;
}
