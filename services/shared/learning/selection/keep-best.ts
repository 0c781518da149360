/** The choice of features by their scores. */

export interface ScoredFeature {
  readonly name: string;
  readonly score: number;
  readonly kept: boolean;
}

/**
 * All features with their scores, the best first; the best `keep` are kept. Equal scores go by name, and a score that is
 * no number comes last and is never kept.
 */
export function keepBest(names: readonly string[], scores: readonly number[], keep: number): ScoredFeature[] {
  const order = names
    .map((name, at) => ({ name, score: scores[at]! }))
    .sort((a, b) => rank(b.score) - rank(a.score) || (a.name < b.name ? -1 : 1));
  return order.map(({ name, score }, place) => ({ name, score, kept: place < keep && !Number.isNaN(score) }));
}

function rank(score: number): number {
  return Number.isNaN(score) ? -Number.MAX_VALUE : score;
}
