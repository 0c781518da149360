/** How sure ROC-AUC is: a percentile bootstrap over profiles (Efron 1979), because examples of one profile go together. */
import { nextUpTo, startTwister } from '../statistics/mersenne-twister.ts';

export interface Ranked {
  readonly said: Float64Array;
  /** 1 or 0. */
  readonly labels: Uint8Array;
  /** From 0, without gaps. */
  readonly profile: Uint32Array;
}

const draws = 200;

/** The one-sided 95% bound; the same for the same seed. A draw with a single label counts as chance; -Infinity: one profile alone. */
export function lowerAuc({ said, labels, profile }: Ranked, seed: number): number {
  const profiles = profile.reduce((most, one) => Math.max(most, one + 1), 0);
  if (profiles < 2) return -Infinity;
  const order = Uint32Array.from(said, (_, at) => at).sort((a, b) => said[a]! - said[b]!);
  const random = startTwister(seed);
  const drawn = Float64Array.from({ length: draws }, () => {
    const times = new Uint32Array(profiles);
    for (let left = profiles; left > 0; left--) times[nextUpTo(random, profiles - 1)]!++;
    return weightedAuc(order, { said, labels, profile }, times);
  }).sort();
  return drawn[Math.floor(draws * 0.05)]!;
}

/** Equal scores count half; `order`: ascending by score, `times`: how often each profile counts. */
function weightedAuc(order: Uint32Array, { said, labels, profile }: Ranked, times: Uint32Array): number {
  let [positives, negatives, pairs] = [0, 0, 0];
  for (let at = 0; at < order.length;) {
    const score = said[order[at]!]!;
    let [hits, misses] = [0, 0];
    for (; at < order.length && said[order[at]!] === score; at++) {
      const weight = times[profile[order[at]!]!]!;
      if (labels[order[at]!] === 1) hits += weight;
      else misses += weight;
    }
    pairs += hits * (negatives + misses / 2);
    positives += hits;
    negatives += misses;
  }
  return positives === 0 || negatives === 0 ? 0.5 : pairs / (positives * negatives);
}
