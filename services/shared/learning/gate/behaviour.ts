/** How a model behaves with the histories of real people: whether its scores make sense, how great they are, how quick. */
import type { HistoryEntry, Recommender } from '../recommender.ts';
import { topN } from '../recommender.ts';
import { quantileOf } from '../statistics/quantiles.ts';
import { k } from './answer.ts';

export interface Behaviour {
  /** A score that is no number, in words; undefined: all are. */
  readonly notANumber: string | undefined;
  /** Histories of which the model knows something. */
  readonly known: number;
  /** Of these, such after which all items score alike. */
  readonly flat: number;
  /** Median over the known histories of the greatest score less the least. */
  readonly spread: number;
}

export function observeBehaviour(model: Recommender, histories: readonly (readonly HistoryEntry[])[]): Behaviour {
  const scores = new Float64Array(model.items.size);
  const spreads: number[] = [];
  for (const history of histories) {
    const isKnown = model.score(history, scores);
    const bad = scores.findIndex((score) => !Number.isFinite(score));
    if (bad >= 0) {
      const given = history.map(({ itemId }) => itemId).join(', ');
      const notANumber = `after the history ${given} it scores ${model.items.ids[bad]} ${scores[bad]}`;
      return { notANumber, known: 0, flat: 0, spread: NaN };
    }
    if (isKnown) spreads.push(spreadOf(scores));
  }
  const flat = spreads.filter((spread) => spread === 0).length;
  const spread =
    spreads.length === 0
      ? 0
      : quantileOf(
          spreads.toSorted((a, b) => a - b),
          0.5,
        );
  return { notANumber: undefined, known: spreads.length, flat, spread };
}

function spreadOf(scores: Float64Array): number {
  let [least, most] = [Infinity, -Infinity];
  for (const score of scores) {
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  return most - least;
}

const rounds = 3;

/** The 99th percentile of the milliseconds that it takes to score all items for a history and to find the best of them. */
export function scoringP99(
  model: Recommender,
  histories: readonly (readonly HistoryEntry[])[],
  now: () => number,
): number {
  const scores = new Float64Array(model.items.size);
  return answerP99(histories, now, (history) => {
    model.score(history, scores);
    topN(scores, k);
  });
}

/**
 * The 99th percentile of the milliseconds that an answer takes. Of several rounds the quickest counts for each question, so
 * that what else the machine does is not the model's fault.
 */
export function answerP99<Q>(questions: readonly Q[], now: () => number, answer: (question: Q) => void): number {
  const quickest = questions.map(() => Infinity);
  for (let round = 0; round < rounds; round++)
    questions.forEach((question, at) => {
      const started = now();
      answer(question);
      quickest[at] = Math.min(quickest[at]!, now() - started);
    });
  return quickest.length === 0
    ? 0
    : quantileOf(
        quickest.toSorted((a, b) => a - b),
        0.99,
      );
}
