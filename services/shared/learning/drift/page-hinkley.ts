/** Page-Hinkley: a cumulated sum of how far values lie above their mean. */
import { z } from 'zod';
import { nextMean, type DetectorKind } from './detector.ts';

const optionsSchema = z.strictObject({
  /** No verdict before so many values. */
  minValues: z.int().min(1).default(30),
  /** How far above the mean a value may lie without counting. */
  delta: z.number().min(0).default(0.005),
  /** λ: the sum that means drift. */
  threshold: z.number().gt(0).default(50),
  /** α: what remains of the sum at each value. */
  alpha: z.number().gt(0).max(1).default(0.9999),
});

const stateSchema = z.strictObject({ count: z.int(), mean: z.number(), sum: z.number() });

export type PageHinkleyOptions = z.output<typeof optionsSchema>;

/**
 * Page 1954, "Continuous inspection schemes", with the fading of Gama, Sebastião, Rodrigues 2013:
 * S = max(0, αS + x − x̄ − δ) ≥ λ. Finds rises only.
 */
export const pageHinkley: DetectorKind<PageHinkleyOptions, z.output<typeof stateSchema>> = {
  name: 'PageHinkley',
  options: optionsSchema,
  state: stateSchema,
  start: () => ({ count: 0, mean: 0, sum: 0 }),
  step(state, value, { minValues, delta, threshold, alpha }) {
    state.count++;
    state.mean = nextMean(state.mean, state.count, value);
    state.sum = Math.max(0, alpha * state.sum + value - state.mean - delta);
    return state.count >= minValues && state.sum >= threshold ? 'drift' : 'none';
  },
};
