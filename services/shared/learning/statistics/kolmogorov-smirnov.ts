/** The two-sample Kolmogorov-Smirnov test. */

/** sup |F_a − F_b| of two ascending, non-empty samples; equal values count together. */
export function ksStatistic(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [inA, inB, greatest] = [0, 0, 0];
  while (inA < a.length && inB < b.length) {
    const value = Math.min(a[inA]!, b[inB]!);
    while (inA < a.length && a[inA]! <= value) inA++;
    while (inB < b.length && b[inB]! <= value) inB++;
    greatest = Math.max(greatest, Math.abs(inA / a.length - inB / b.length));
  }
  return greatest;
}

/**
 * P(D ≥ statistic) if both samples come from one distribution. Equal sizes up to 10,000: exact (Hodges 1958, the
 * form of SciPy's `ks_2samp`). Otherwise Kolmogorov's limit with the harmonic size, which is off by some percent below
 * a size of 50.
 */
export function ksProbability(statistic: number, sizeA: number, sizeB: number): number {
  if (sizeA === sizeB && sizeA <= 10_000) return exactEqualSizes(sizeA, Math.round(statistic * sizeA));
  return kolmogorovTail(statistic * Math.sqrt((sizeA * sizeB) / (sizeA + sizeB)));
}

function exactEqualSizes(size: number, steps: number): number {
  if (steps === 0) return 1;
  let probability = 0;
  for (let times = Math.floor(size / steps); times >= 0; times--) {
    let ratio = 1;
    for (let at = 0; at < steps; at++) ratio = ((size - times * steps - at) * ratio) / (size + times * steps + at + 1);
    probability = ratio * (1 - probability);
  }
  return Math.min(1, 2 * probability);
}

function kolmogorovTail(scaled: number): number {
  // The series needs ever more terms near 0, where the tail is 1 to 15 digits.
  if (scaled < 0.2) return 1;
  let tail = 0;
  for (let term = 1; term <= 100; term++) {
    tail += (term % 2 === 1 ? 2 : -2) * Math.exp(-2 * term * term * scaled * scaled);
  }
  return Math.min(1, Math.max(0, tail));
}
