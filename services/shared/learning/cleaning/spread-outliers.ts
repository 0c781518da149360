/** Outliers of one number: too many deviations from the middle. */
import { deviationOf } from './moments.ts';
import type { QuantileDigest } from './quantile-digest.ts';
import type { ColumnStatistics } from './scale.ts';

/** Plain JSON. */
export interface SpreadModel {
  readonly method: 'ZScore' | 'MAD';
  readonly center: number;
  /** In the unit of the values, comparable to a standard deviation. */
  readonly spread: number;
  /** So many spreads from the center is an outlier. */
  readonly threshold: number;
}

/** Φ⁻¹(¾): by it the MAD of normal values is their standard deviation. */
const normalQuartile = 0.6744897501960817;

/** Undefined before the first value. */
export function fitZScore({ moments }: ColumnStatistics, threshold = 3): SpreadModel | undefined {
  if (moments.count === 0) return undefined;
  return { method: 'ZScore', center: moments.mean, spread: deviationOf(moments), threshold };
}

/**
 * Iglewicz, Hoaglin 1993, "How to detect and handle outliers": 0.6745 |x − median| / MAD above 3.5. Undefined before the
 * first value.
 */
export function fitMad(digest: QuantileDigest, threshold = 3.5): SpreadModel | undefined {
  const center = digest.quantile(0.5);
  if (Number.isNaN(center)) return undefined;
  return { method: 'MAD', center, spread: medianDistance(digest, center) / normalQuartile, threshold };
}

/** Half of the values lie nearer to `center` than this: found by halving, to a billionth of the range. */
export function medianDistance(digest: QuantileDigest, center: number): number {
  let [near, far] = [0, Math.max(center - digest.quantile(0), digest.quantile(1) - center)];
  for (let halving = 0; halving < 30; halving++) {
    const distance = (near + far) / 2;
    if (digest.share(center + distance) - digest.share(center - distance) < 0.5) near = distance;
    else far = distance;
  }
  return (near + far) / 2;
}

/** How many spreads `value` lies from the center. Where all values were one, another is infinitely far. */
export function spreadsAway({ center, spread }: SpreadModel, value: number): number {
  const distance = Math.abs(value - center);
  return distance === 0 ? 0 : distance / spread;
}

export function isSpreadOutlier(model: SpreadModel, value: number): boolean {
  return spreadsAway(model, value) > model.threshold;
}
