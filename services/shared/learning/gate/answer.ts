/** What a model is worth at one question: NDCG@10 over its whole catalogue, what the profile had before left out. */
import type { Model } from '../model.ts';
import { rankTargets } from '../evaluate.ts';
import type { Recommender } from '../recommender.ts';
import type { GateQuestion } from './hold-out.ts';

/** How many are recommended. */
export const k = 10;

export type Answering = Pick<Model, 'recommender' | 'popularity'>;

/** Ties are pessimistic; an item that the model does not know is not found. */
export function createAnswer(): (model: Recommender, fallback: Recommender, question: GateQuestion) => number {
  const rooms = new Map<number, Float64Array>();
  return (model, fallback, { history, targets, seen }) => {
    const { items } = model;
    const scores = rooms.get(items.size) ?? new Float64Array(items.size);
    rooms.set(items.size, scores);
    if (!model.score(history, scores)) fallback.score(history, scores);
    const known = targets.map((id) => items.indexOf(id)).filter((item) => item >= 0);
    const seenItems = new Set(Array.from(seen, (id) => items.indexOf(id)));
    const { ranks } = rankTargets(scores, known, k, (item) => seenItems.has(item));
    const gain = ranks.reduce((sum, rank) => sum + 1 / Math.log2(1 + rank), 0);
    return gain / idealGain(Math.min(k, targets.length));
  };
}

function idealGain(hits: number): number {
  let gain = 0;
  for (let rank = 1; rank <= hits; rank++) gain += 1 / Math.log2(1 + rank);
  return gain;
}
