/** What serving asks of a model: scores for all items from a history, and the best of them. */
import type { ItemIndex } from './item-index.ts';

export const modelKinds = ['popularity', 'sr', 'ease', 'blend', 'ranker', 'ranker-blend'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** One step of a profile's history. */
export interface HistoryEntry {
  readonly itemId: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export interface Scored {
  /** Index in the catalogue. */
  readonly item: number;
  readonly score: number;
}

export interface Recommender {
  readonly kind: ModelKind;
  readonly items: ItemIndex;
  /**
   * Overwrites `out` (length `items.size`) with a score for each item; the greater the better. `history` is ordered
   * oldest first. False: nothing in the history is known, all scores are 0, and the caller should ask popularity.
   */
  score(history: readonly HistoryEntry[], out: Float64Array): boolean;
  /** The `n` items that go best with this one, without itself, best first; only items that share something with it. */
  similar(item: number, n: number): Scored[];
}

const excludesNothing = (): boolean => false;

/**
 * The `n` best items, best first; at equal scores the lower index first. `isExcluded` is asked only about items that
 * would enter the list. One pass over the scores, O(items + n²) at worst for the short lists this is meant for.
 */
export function topN(
  scores: Float64Array,
  n: number,
  isExcluded: (item: number) => boolean = excludesNothing,
): Scored[] {
  if (n <= 0) return [];
  const best = new Float64Array(n);
  const items = new Int32Array(n);
  let held = 0;
  let threshold = -Infinity;
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item]!;
    if (held === n && score <= threshold) continue;
    if (isExcluded(item)) continue;
    let at = held < n ? held++ : n - 1;
    for (; at > 0 && best[at - 1]! < score; at--) {
      best[at] = best[at - 1]!;
      items[at] = items[at - 1]!;
    }
    best[at] = score;
    items[at] = item;
    if (held === n) threshold = best[n - 1]!;
  }
  return Array.from({ length: held }, (_, rank) => ({ item: items[rank]!, score: best[rank]! }));
}
