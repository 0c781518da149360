/** A detector of one's own: the moving rate of errors against a limit that somebody has promised. */
import { z } from 'zod';
import type { DetectorKind } from '../../services/shared/learning/drift/detector.ts';

const optionsSchema = z.strictObject({
  /** The rate of errors that must not be exceeded. */
  limit: z.number().gt(0).lt(1).default(0.5),
  /** How much one value moves the rate; its memory is about 1/weight values long. */
  weight: z.number().gt(0).max(1).default(0.01),
});

const stateSchema = z.strictObject({ count: z.int().min(0), rate: z.number() });

export const movingRate: DetectorKind<z.output<typeof optionsSchema>, z.output<typeof stateSchema>> = {
  name: 'MovingRate',
  options: optionsSchema,
  state: stateSchema,
  start: () => ({ count: 0, rate: 0 }),
  step(state, value, { limit, weight }) {
    state.count++;
    state.rate += weight * (value - state.rate);
    if (state.count * weight < 1 || state.rate <= 0.8 * limit) return 'none';
    return state.rate > limit ? 'drift' : 'warning';
  },
};
