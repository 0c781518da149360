/** Draws items in proportion to a power of how often they are targets, in constant time (Walker, 1977; Vose, 1991). */
import { nextUniform, nextUpTo, type TwisterState } from '../statistics/mersenne-twister.ts';

export interface Sampler {
  /** So many are drawn. */
  readonly size: number;
  draw(random: TwisterState): Int32Array;
  /** −log of how often an item is expected among those drawn. */
  offsetOf(item: number): number;
}

/** Flattens the counts, so that the many rare items are seen too (Mikolov et al., 2013). */
const power = 0.75;

/** Where there are no more items than are asked for, all of them are drawn, each once, and nothing is corrected. */
export function createSampler(counts: Float64Array, wanted: number): Sampler {
  const items = counts.length;
  if (items <= wanted) {
    const all = Int32Array.from(counts.keys());
    return { size: items, draw: () => all, offsetOf: () => 0 };
  }
  const weights = counts.map((count) => (count + 1) ** power);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { threshold, alias } = aliasTable(weights.map((weight) => (weight * items) / total));
  const drawOne = (random: TwisterState): number => {
    const item = nextUpTo(random, items - 1);
    return nextUniform(random) < threshold[item]! ? item : alias[item]!;
  };
  return {
    size: wanted,
    draw: (random) => Int32Array.from({ length: wanted }, () => drawOne(random)),
    offsetOf: (item) => -Math.log((wanted * weights[item]!) / total),
  };
}

/** `shares` add up to their number. */
function aliasTable(shares: Float64Array) {
  const [threshold, alias] = [Float64Array.from(shares), Int32Array.from(shares.keys())];
  const small = [...shares.keys()].filter((item) => shares[item]! < 1);
  const large = [...shares.keys()].filter((item) => shares[item]! >= 1);
  while (small.length > 0 && large.length > 0) {
    const [low, high] = [small.pop()!, large.pop()!];
    alias[low] = high;
    threshold[high] = threshold[high]! + threshold[low]! - 1;
    (threshold[high]! < 1 ? small : large).push(high);
  }
  for (const item of [...small, ...large]) threshold[item] = 1;
  return { threshold, alias };
}
