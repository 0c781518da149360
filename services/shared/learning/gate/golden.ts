/** The golden check of a model before it serves: for a few histories every score must be a number, and items must come. */
import { LikenessError } from '../../errors.ts';
import type { Model } from '../model.ts';
import { topN, type HistoryEntry, type Recommender } from '../recommender.ts';

/** Throws `ModelInvalid`. */
export function checkGolden({ recommender, popularity }: Pick<Model, 'recommender' | 'popularity'>): void {
  const scores = new Float64Array(recommender.items.size);
  for (const history of goldenHistories(recommender.items.ids)) {
    check(recommender, history, scores);
    check(popularity, history, scores);
  }
}

/** Nothing, one popular item, the most popular ones, and items of the middle and the end. */
function goldenHistories(ids: readonly string[]): HistoryEntry[][] {
  const picks = [[], [0], [0, 1, 2, 3, 4], [ids.length >> 1], [ids.length - 1, 0]];
  return picks.map((indices) =>
    indices.flatMap((index, at) => (ids[index] === undefined ? [] : { itemId: ids[index], type: 'view', time: at })),
  );
}

function check(model: Recommender, history: readonly HistoryEntry[], scores: Float64Array): void {
  model.score(history, scores);
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  const given = history.map(({ itemId }) => itemId).join(', ') || 'nothing';
  if (bad >= 0) {
    const text = `golden check: for the history of ${given}, ${model.kind} scores ${model.items.ids[bad]} ${scores[bad]}`;
    throw new LikenessError('ModelInvalid', text);
  }
  if (topN(scores, 1).length === 0) throw new LikenessError('ModelInvalid', `golden check: no item for ${given}`);
}
