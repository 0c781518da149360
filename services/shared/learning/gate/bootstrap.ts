/** How sure a difference is: a percentile bootstrap over profiles (Efron 1979), because questions of one profile go together. */
import { nextUpTo, startTwister } from '../statistics/mersenne-twister.ts';
import { quantileOf } from '../statistics/quantiles.ts';

/** The quality of two models on the same questions, in the same order, and whose questions they are. */
export interface Paired {
  readonly candidate: Float64Array;
  readonly active: Float64Array;
  /** Any number that tells profiles apart. */
  readonly profile: ArrayLike<number>;
}

/** (Σ candidate − Σ active) / Σ active. Where the active one is worth nothing: 0 if both are, else Infinity. */
export interface RelativeDifference {
  readonly mean: number;
  /** One-sided 95% bounds. */
  readonly lower: number;
  readonly upper: number;
}

const draws = 1000;

/** `seed`: the same gives the same bounds. Without any question nothing is known: the bounds are infinite. */
export function relativeDifference({ candidate, active, profile }: Paired, seed: number): RelativeDifference {
  const sums = sumByProfile({ candidate, active, profile });
  const count = sums.length / 2;
  if (count === 0) return { mean: 0, lower: -Infinity, upper: Infinity };
  const random = startTwister(seed);
  const drawn = Float64Array.from({ length: draws }, () => {
    let [ours, theirs] = [0, 0];
    for (let left = count; left > 0; left--) {
      const at = 2 * nextUpTo(random, count - 1);
      ours += sums[at]!;
      theirs += sums[at + 1]!;
    }
    return ratioOf(ours, theirs);
  }).sort();
  const total = (part: 0 | 1): number => sums.reduce((sum, value, at) => (at % 2 === part ? sum + value : sum), 0);
  const mean = ratioOf(total(0), total(1));
  // A single profile draws nothing but itself: that it is sure of itself says nothing.
  if (count === 1) return { mean, lower: -Infinity, upper: Infinity };
  return { mean, lower: boundOf(drawn, 0.05), upper: boundOf(drawn, 0.95) };
}

/** Candidate and active of each profile, one after the other. */
function sumByProfile({ candidate, active, profile }: Paired): Float64Array {
  const places = new Map<number, number>();
  const sums: number[] = [];
  candidate.forEach((value, question) => {
    const known = places.get(profile[question]!);
    const at = known ?? sums.length;
    if (known === undefined) {
      places.set(profile[question]!, at);
      sums.push(0, 0);
    }
    sums[at]! += value;
    sums[at + 1]! += active[question]!;
  });
  return Float64Array.from(sums);
}

function ratioOf(ours: number, theirs: number): number {
  if (theirs > 0) return (ours - theirs) / theirs;
  return ours > 0 ? Infinity : 0;
}

/** Between Infinity and a number there is no middle: the neighbour below. */
function boundOf(sorted: Float64Array, fraction: number): number {
  const bound = quantileOf(sorted, fraction);
  return Number.isNaN(bound) ? sorted[Math.floor(fraction * (sorted.length - 1))]! : bound;
}
