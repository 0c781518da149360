/** Popularity: how many target events an item has. The fallback for a history of which nothing is known. */
import type { ItemIndex } from './item-index.ts';
import type { Recommender, Scored } from './recommender.ts';

export class Popularity implements Recommender {
  readonly kind = 'popularity';
  readonly items: ItemIndex;
  /** Target events by item index. */
  readonly counts: Float64Array;

  constructor(items: ItemIndex, counts: Float64Array) {
    this.items = items;
    this.counts = counts;
  }

  /** The same scores for everyone, whatever the history. */
  score(_history: readonly unknown[], out: Float64Array): boolean {
    return this.scoreSteps([], out);
  }

  scoreSteps(_steps: ArrayLike<number>, out: Float64Array): boolean {
    out.set(this.counts);
    return true;
  }

  /** Popularity relates no item to another. */
  similar(_item: number, _n: number): Scored[] {
    return [];
  }
}
