/** DDM: the error rate against the lowest that there was. */
import { z } from 'zod';
import { nextMean, type DetectorKind } from './detector.ts';

const optionsSchema = z.strictObject({
  /** No verdict for the first so many values. */
  warmUp: z.int().min(1).default(30),
  /** Standard deviations above the lowest rate that are a warning. */
  warning: z.number().gt(0).default(2),
  /** The same for drift. */
  drift: z.number().gt(0).default(3),
});

const stateSchema = z.strictObject({
  count: z.int(),
  rate: z.number(),
  /** Rate and deviation where their sum was lowest; absent while warming up. */
  lowest: z.strictObject({ rate: z.number(), deviation: z.number() }).optional(),
});

export type DdmOptions = z.output<typeof optionsSchema>;

/**
 * Gama, Medas, Castillo, Rodrigues 2004, "Learning with drift detection", section 3: p + s > p_min + 2 s_min warns, with
 * 3 s_min it is drift; s = √(p(1 − p)/n).
 */
export const ddm: DetectorKind<DdmOptions, z.output<typeof stateSchema>> = {
  name: 'DDM',
  options: optionsSchema,
  state: stateSchema,
  start: () => ({ count: 0, rate: 0 }),
  step(state, value, { warmUp, warning, drift }) {
    state.count++;
    state.rate = nextMean(state.rate, state.count, value);
    if (state.count <= warmUp) return 'none';
    const deviation = Math.sqrt((state.rate * (1 - state.rate)) / state.count);
    const level = state.rate + deviation;
    if (state.lowest === undefined || level <= state.lowest.rate + state.lowest.deviation) {
      state.lowest = { rate: state.rate, deviation };
    }
    const { lowest } = state;
    if (level > lowest.rate + drift * lowest.deviation) return 'drift';
    return level > lowest.rate + warning * lowest.deviation ? 'warning' : 'none';
  },
};
