/** The question that is put to a model before an event: would it have had the item among its first ten? */
import type { Popularity } from '../popularity.ts';
import { topN, type Scored } from '../recommender.ts';

/** How many are recommended. */
export const prequentialK = 10;

export interface Answer {
  /** Best first, without what the history has. */
  readonly best: readonly Scored[];
  readonly hit: boolean;
}

/**
 * From the scores of all items. As a hold-out is judged: whole catalogue, what the history has is masked, and among equal
 * scores the item asked for comes last. `target` is −1 for an item that the model does not know: a miss.
 */
export function answerOf(scores: Float64Array, target: number, isSeen: (item: number) => boolean): Answer {
  const best = topN(scores, prequentialK, isSeen);
  if (target < 0) return { best, hit: false };
  const own = scores[target]!;
  if (best.length === prequentialK && own < best.at(-1)!.score) return { best, hit: false };
  let ahead = 0;
  for (let item = 0; item < scores.length && ahead < prequentialK; item++)
    if (scores[item]! >= own && item !== target && !isSeen(item)) ahead++;
  return { best, hit: ahead < prequentialK };
}

/** Whether the item is among the ten most popular that the history does not have. */
export function isPopularityHit({ counts }: Popularity, target: number, isSeen: (item: number) => boolean): boolean {
  if (target < 0) return false;
  let ahead = 0;
  // The catalogue is in the order of popularity, so whoever is ahead comes first.
  for (let item = 0; item < counts.length && counts[item]! >= counts[target]!; item++) {
    if (item !== target && !isSeen(item)) ahead++;
    if (ahead === prequentialK) return false;
  }
  return true;
}
