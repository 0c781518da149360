/** HDDM_A: the mean so far against the mean up to the best cut, by Hoeffding's bound. */
import { z } from 'zod';
import { nextMean, type DetectorKind } from './detector.ts';

const optionsSchema = z
  .strictObject({
    /** Chance of a false drift. */
    drift: z.number().gt(0).lt(1).default(0.001),
    /** Chance of a false warning. */
    warning: z.number().gt(0).lt(1).default(0.005),
  })
  .refine(({ drift, warning }) => drift <= warning, 'drift must be at most warning');

const meanSchema = z.strictObject({ count: z.int(), mean: z.number() });
const stateSchema = z.strictObject({
  all: meanSchema,
  /** The values up to the cut: where mean + bound was lowest. */
  before: meanSchema,
});

export type HddmAOptions = z.output<typeof optionsSchema>;
export type HddmAState = z.output<typeof stateSchema>;

/**
 * Frías-Blanco and others 2015, "Online and non-parametric drift detection methods based on Hoeffding's bounds", A-test
 * (corollary 3), one-sided: z̄ − x̄ ≥ √(m/2 · ln(2/c)), m = (n_z − n_x)/(n_x · n_z). Values lie in [0, 1]. Finds rises only.
 */
export const hddmA: DetectorKind<HddmAOptions, HddmAState> = {
  name: 'HDDM_A',
  options: optionsSchema,
  state: stateSchema,
  start: () => ({ all: { count: 0, mean: 0 }, before: { count: 0, mean: 0 } }),
  step(state, value, { drift, warning }) {
    const { all, before } = state;
    all.count++;
    all.mean = nextMean(all.mean, all.count, value);
    if (before.count === 0 || before.mean + bound(before.count, drift) >= all.mean + bound(all.count, drift)) {
      before.count = all.count;
      before.mean = all.mean;
    }
    if (rose(state, drift)) return 'drift';
    return rose(state, warning) ? 'warning' : 'none';
  },
};

function bound(count: number, confidence: number): number {
  return Math.sqrt((1 / (2 * count)) * Math.log(1 / confidence));
}

function rose({ all, before }: HddmAState, confidence: number): boolean {
  if (before.count === all.count) return false;
  const harmonic = ((all.count - before.count) / before.count) * (1 / all.count);
  return all.mean - before.mean >= Math.sqrt((harmonic / 2) * Math.log(2 / confidence));
}
