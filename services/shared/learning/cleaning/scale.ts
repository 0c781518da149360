/** Scaling of a number by what was learned of its column. */
import { deviationOf, type Moments } from './moments.ts';

export type ScaleMethod = 'Standard' | 'MinMax' | 'Robust' | 'Log';

/** Plain JSON: (value − offset) / factor, or for `Log` the signed logarithm. */
export type Scale =
  | { readonly method: 'Standard' | 'MinMax' | 'Robust'; readonly offset: number; readonly factor: number }
  | { readonly method: 'Log' };

/** What is known of a column. */
export interface ColumnStatistics {
  readonly moments: Moments;
  /** Of a digest or of a sorted sample. */
  readonly quantile: (fraction: number) => number;
}

/**
 * As scikit-learn's StandardScaler, MinMaxScaler and RobustScaler (median, quartiles): a column without spread has the
 * factor 1. Undefined before the first value, except `Log`, which learns nothing.
 */
export function fitScale(method: ScaleMethod, { moments, quantile }: ColumnStatistics): Scale | undefined {
  if (method === 'Log') return { method };
  const { range } = moments;
  if (range === undefined) return undefined;
  const [offset, factor] = {
    Standard: () => [moments.mean, deviationOf(moments)] as const,
    MinMax: () => [range.least, range.greatest - range.least] as const,
    Robust: () => [quantile(0.5), quantile(0.75) - quantile(0.25)] as const,
  }[method]();
  return { method, offset, factor: factor > 0 ? factor : 1 };
}

/** `Log` is sign(x) · ln(1 + |x|), so that 0 stays 0 and refunds mirror payments. */
export function applyScale(scale: Scale, value: number): number {
  if (scale.method === 'Log') return Math.sign(value) * Math.log1p(Math.abs(value));
  return (value - scale.offset) / scale.factor;
}
