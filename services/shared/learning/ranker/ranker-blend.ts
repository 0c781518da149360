/** The linear blend and the ranker together: each one's scores less their mean, by their deviation over the catalogue. */
import type { Blend } from '../blend.ts';
import type { ItemIndex } from '../item-index.ts';
import type { HistoryEntry, Recommender, Scored } from '../recommender.ts';
import { Ranker } from './ranker.ts';

export class RankerBlend implements Recommender {
  readonly kind = 'ranker-blend';
  readonly items: ItemIndex;
  readonly blend: Blend;
  readonly ranker: Ranker;
  /** Of the ranker's scores; the blend's weigh 1. */
  readonly weight: number;
  readonly #scores: Float64Array;

  /** Both over the same items. */
  constructor(blend: Blend, ranker: Ranker, weight: number) {
    this.items = blend.items;
    this.blend = blend;
    this.ranker = ranker;
    this.weight = weight;
    this.#scores = new Float64Array(blend.items.size);
  }

  score(history: readonly HistoryEntry[], out: Float64Array): boolean {
    const steps = new Int32Array(history.length);
    for (let at = 0; at < steps.length; at++) steps[at] = this.items.indexOf(history[at]!.itemId);
    return this.scoreSteps(steps, out);
  }

  /** As `score`, from catalogue indices; -1 is unknown. One that knows nothing of the steps leaves all to the other. */
  scoreSteps(steps: Int32Array | Uint32Array, out: Float64Array): boolean {
    const known = this.blend.scoreSteps(steps, out);
    if (known) standardise(out);
    const scores = this.#scores;
    if (!this.ranker.scoreSteps(steps, scores)) return known;
    standardise(scores);
    for (let item = 0; item < out.length; item++) out[item] = out[item]! + this.weight * scores[item]!;
    return true;
  }

  similar(item: number, n: number): Scored[] {
    return this.blend.similar(item, n);
  }
}

/** undefined: it has none. */
export function rankerOf(recommender: Recommender): Ranker | undefined {
  if (recommender instanceof RankerBlend) return recommender.ranker;
  return recommender instanceof Ranker ? recommender : undefined;
}

/** Scores that are all the same become 0. */
function standardise(scores: Float64Array): void {
  let mean = 0;
  for (const score of scores) mean += score;
  mean /= scores.length;
  let variance = 0;
  for (const score of scores) variance += (score - mean) ** 2;
  const factor = variance > 0 ? 1 / Math.sqrt(variance / scores.length) : 0;
  for (let item = 0; item < scores.length; item++) scores[item] = (scores[item]! - mean) * factor;
}
