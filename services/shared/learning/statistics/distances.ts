/** How far two distributions lie apart: of shares, of counts, and of raw samples. */
import { chiSquareTail } from './gamma.ts';

/**
 * The population stability index Σ (p − q) ln(p/q) of two lists of shares, in nats. Infinite where one of them alone is
 * 0; where both are, the class counts nothing.
 */
export function populationStability(p: ArrayLike<number>, q: ArrayLike<number>): number {
  return sumOver(p, q, (a, b) => (a === b ? 0 : (a - b) * Math.log(a / b)));
}

/** The Jensen-Shannon distance of two lists of shares: √ of the divergence in bits (Lin 1991), 0 to 1. */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const towards = (share: number, middle: number): number => (share === 0 ? 0 : share * Math.log2(share / middle));
  const divergence = sumOver(p, q, (a, b) => (towards(a, (a + b) / 2) + towards(b, (a + b) / 2)) / 2);
  return Math.sqrt(Math.max(0, divergence));
}

/** Pearson's χ² of a table, rows by columns of counts; degrees of freedom without rows and columns that are all 0. */
export interface ChiSquare {
  readonly statistic: number;
  readonly degrees: number;
  readonly p: number;
}

/** Whether the rows come from one distribution (Pearson 1900), without Yates' correction. A table of one row says 0. */
export function chiSquareOfTable(table: readonly ArrayLike<number>[]): ChiSquare {
  const rows = table.map((row) => Array.from(row)).filter((row) => sum(row) > 0);
  const columns = (rows[0] ?? []).map((_, at) => sum(rows.map((row) => row[at]!)));
  const total = sum(columns);
  let statistic = 0;
  for (const row of rows) {
    const share = sum(row) / total;
    row.forEach((count, at) => {
      const expected = share * columns[at]!;
      if (expected > 0) statistic += (count - expected) ** 2 / expected;
    });
  }
  const degrees = Math.max(0, rows.length - 1) * Math.max(0, columns.filter((count) => count > 0).length - 1);
  return { statistic, degrees, p: chiSquareTail(statistic, degrees) };
}

/** ∫ |F_a − F_b| of two ascending, non-empty samples (Wasserstein-1), in the samples' unit. */
export function wasserstein(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [inA, inB, area] = [0, 0, 0];
  let at = Math.min(a[0]!, b[0]!);
  while (inA < a.length || inB < b.length) {
    const next = Math.min(a[inA] ?? Infinity, b[inB] ?? Infinity);
    area += Math.abs(inA / a.length - inB / b.length) * (next - at);
    at = next;
    while (inA < a.length && a[inA]! <= at) inA++;
    while (inB < b.length && b[inB]! <= at) inB++;
  }
  return area;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumOver(p: ArrayLike<number>, q: ArrayLike<number>, term: (a: number, b: number) => number): number {
  let total = 0;
  for (let at = 0; at < p.length; at++) total += term(p[at]!, q[at]!);
  return total;
}
