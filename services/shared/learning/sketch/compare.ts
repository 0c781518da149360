/** How far a window's sketch has moved from the baseline's: the numbers of the input watch. */
import { LikenessError } from '../../errors.ts';
import { chiSquareOfTable, jensenShannon, populationStability, type ChiSquare } from '../statistics/distances.ts';
import { sameBins, type Sketch } from './sketch.ts';

export interface SketchDistances {
  /** Over ten bins of the baseline (all categories), missing values as one more; an empty bin counts as half a value. */
  readonly psi: number;
  /** Jensen-Shannon distance to base 2 over the same bins. */
  readonly js: number;
  /** χ² of the two rows of counts over the same bins. */
  readonly chiSquare: ChiSquare;
  /** Cramér's V of the same, as if both had as many values: √(½ Σ (p−q)²/(p+q)), from 0 to 1, whatever the counts. */
  readonly cramersV: number;
  /** Numeric only, of the values that are there: sup |F − G| at the edges. Below the truth by at most the greatest bin's share. */
  readonly ks?: number;
  /**
   * Numeric only: Wasserstein-1 in the feature's unit. Values count as spread evenly within their bin, so it is off by
   * at most Σ width · (the bin's shares in both); and what lies beyond the baseline's least or greatest value counts as
   * lying there, so that one wild value does not outweigh all others.
   */
  readonly w1?: number;
  /** Numeric only: w1 in units of the width of the baseline's middle eight tenths; absent where that is 0. */
  readonly w1Scaled?: number;
}

/** PSI's customary number of bins. */
const groups = 10;

/** Undefined where either has no values. Throws `BadData` if the bins differ. */
export function compareSketches(baseline: Sketch, window: Sketch): SketchDistances | undefined {
  if (!sameBins(baseline.bins, window.bins)) {
    throw new LikenessError(
      'BadData',
      "The window's sketch has other bins than the baseline: it belongs to another model",
    );
  }
  const groupOf = grouping(baseline);
  const [before, now] = [classes(baseline, groupOf), classes(window, groupOf)];
  if (total(before) === 0 || total(now) === 0) return undefined;
  const isPresent = total(baseline.counts) > 0 && total(window.counts) > 0;
  return {
    psi: populationStability(floored(before, now), floored(now, before)),
    js: jensenShannon(shares(before), shares(now)),
    chiSquare: chiSquareOfTable([before, now]),
    cramersV: cramersV(shares(before), shares(now)),
    ...(baseline.bins.kind === 'numeric' && isPresent && numericDistances(baseline, window, baseline.bins.edges)),
  };
}

/** Which of ten classes a bin belongs to: by the share of the baseline below it. Categories are classes themselves. */
function grouping({ bins, counts }: Sketch): number[] {
  if (bins.kind === 'categorical') return counts.map((_, bin) => bin);
  const all = Math.max(1, total(counts));
  let below = 0;
  return counts.map((count) => {
    const group = Math.min(groups - 1, Math.floor((below * groups) / all));
    below += count;
    return group;
  });
}

/** Counts a class, and the missing values last. */
function classes({ counts, missing }: Sketch, groupOf: readonly number[]): number[] {
  const sums = Array.from<number>({ length: Math.max(...groupOf) + 1 }).fill(0);
  counts.forEach((count, bin) => (sums[groupOf[bin]!]! += count));
  return [...sums, missing];
}

/** Shares in which a class that the other has, and this has not, counts as half a value. */
function floored(counts: readonly number[], others: readonly number[]): number[] {
  const all = total(counts);
  return counts.map((count, at) => (count === 0 && others[at]! > 0 ? 0.5 : count) / all);
}

function shares(counts: readonly number[]): number[] {
  const all = total(counts);
  return counts.map((count) => count / all);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function cramersV(p: readonly number[], q: readonly number[]): number {
  const sum = p.reduce((total, share, at) => {
    const both = share + q[at]!;
    return both > 0 ? total + (share - q[at]!) ** 2 / both : total;
  }, 0);
  return Math.sqrt(sum / 2);
}

type NumericDistances = Required<Pick<SketchDistances, 'ks' | 'w1'>> & Pick<SketchDistances, 'w1Scaled'>;

function numericDistances(a: Sketch, b: Sketch, edges: readonly number[]): NumericDistances {
  const [p, q] = [shares(a.counts), shares(b.counts)];
  let [apart, ks, w1] = [0, 0, 0];
  p.forEach((share, bin) => {
    const before = apart;
    apart += share - q[bin]!;
    ks = Math.max(ks, Math.abs(apart));
    const [from, to] = [edges[bin - 1], edges[bin]];
    if (from !== undefined && to !== undefined) w1 += areaUnder(before, apart) * (to - from);
  });
  const width = edgeAt(a, edges, 0.9) - edgeAt(a, edges, 0.1);
  return { ks, w1, ...(width > 0 && { w1Scaled: w1 / width }) };
}

/** The edge nearest above this share of the values; the last edge where it lies in the open bin. */
function edgeAt({ counts }: Sketch, edges: readonly number[], share: number): number {
  const wanted = total(counts) * share;
  let below = 0;
  const bin = counts.findIndex((count) => (below += count) >= wanted);
  return edges[Math.min(bin, edges.length - 1)] ?? 0;
}

/** ∫ |x| over a unit step in which x goes straight from `from` to `to`. */
function areaUnder(from: number, to: number): number {
  if (from * to >= 0) return Math.abs(from + to) / 2;
  return (from * from + to * to) / (2 * Math.abs(to - from));
}
