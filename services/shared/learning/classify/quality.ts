/** How good probabilities of a class are: how they rank, how sharp they are, and whether they can be believed. */

export interface ClassifyQuality {
  /** Probability that a row of the class ranks above another one, equal ones counting half. NaN: one class is missing. */
  readonly rocAuc: number;
  /** Σ (recallₙ − recallₙ₋₁) · precisionₙ over the different scores, falling, as scikit-learn's. NaN: none of the class. */
  readonly averagePrecision: number;
}

/** `labels`: 1 or 0. */
export function rankingQuality(scores: ArrayLike<number>, labels: ArrayLike<number>): ClassifyQuality {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  let [positives, negatives, pairs, precision] = [0, 0, 0, 0];
  for (let at = 0; at < order.length;) {
    const score = scores[order[at]!]!;
    let [hits, misses] = [0, 0];
    for (; at < order.length && scores[order[at]!] === score; at++)
      if (labels[order[at]!] === 1) hits++;
      else misses++;
    pairs += misses * (positives + hits / 2);
    positives += hits;
    negatives += misses;
    precision += (hits * positives) / (positives + negatives);
  }
  return { rocAuc: pairs / (positives * negatives), averagePrecision: precision / positives };
}

/** No probability is taken for more certain than this. */
const surest = 1e-12;

/** −ln of the probability that was given to what came, in nats. */
export function logLossOf(probability: number, label: number): number {
  const ofLabel = label === 1 ? probability : 1 - probability;
  return -Math.log(Math.min(1 - surest, Math.max(surest, ofLabel)));
}

/** Mean of it, by weight. */
export function logLoss(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    const weight = weights?.[row] ?? 1;
    sum += weight * logLossOf(probabilities[row]!, labels[row]!);
    total += weight;
  }
  return sum / total;
}

/** Mean of (probability − what came)². */
export function brierScore(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum += (probabilities[row]! - labels[row]!) ** 2;
  return sum / labels.length;
}

/**
 * How far, on average, probabilities are from the share of rows that they come true in: over bins of equal width, each by
 * its rows (Guo and others 2017, "On calibration of modern neural networks", equation 3).
 */
export function expectedCalibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): number {
  const said = new Float64Array(bins);
  const came = new Float64Array(bins);
  for (let row = 0; row < labels.length; row++) {
    const bin = Math.min(bins - 1, Math.floor(probabilities[row]! * bins));
    said[bin]! += probabilities[row]!;
    came[bin]! += labels[row]!;
  }
  return said.reduce((sum, value, bin) => sum + Math.abs(value - came[bin]!), 0) / labels.length;
}
