/** Adam, in place, on plain arrays. */
import type { Adam } from './tensor-backend.ts';

/** The step size and epsilon of one step, with both corrections of the bias in them. */
export interface CorrectedRates {
  readonly rate: number;
  readonly epsilon: number;
}

/**
 * Kingma and Ba, algorithm 1: θ −= η·m̂ / (√v̂ + ε) with m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ), which is
 * θ −= rate·m / (√v + epsilon) with these two. `step` counts from 1.
 */
export function correctedRates(adam: Adam, step: number): CorrectedRates {
  const spread = Math.sqrt(1 - adam.beta2 ** step);
  return { rate: (adam.learningRate * spread) / (1 - adam.beta1 ** step), epsilon: adam.epsilon * spread };
}

/** What Adam keeps of one variable; the three are of one length. */
export interface AdamSlot {
  readonly values: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

/** One step of one variable; without a gradient it is 0, and the moments go on fading. */
export function updateInPlace(adam: Adam, step: number, slot: AdamSlot, gradient: Float32Array | undefined): void {
  const { rate, epsilon } = correctedRates(adam, step);
  const { values, firstMoment, secondMoment } = slot;
  const fresh1 = 1 - adam.beta1;
  const fresh2 = 1 - adam.beta2;
  for (let at = 0; at < values.length; at++) {
    const slope = gradient === undefined ? 0 : gradient[at]!;
    const first = firstMoment[at]! + (slope - firstMoment[at]!) * fresh1;
    const second = secondMoment[at]! + (slope * slope - secondMoment[at]!) * fresh2;
    firstMoment[at] = first;
    secondMoment[at] = second;
    values[at] = values[at]! - (rate * first) / (Math.sqrt(second) + epsilon);
  }
}
