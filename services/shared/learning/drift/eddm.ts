/** EDDM: the distance between errors against the greatest that there was. */
import { z } from 'zod';
import { nextMean, type DetectorKind } from './detector.ts';

const optionsSchema = z
  .strictObject({
    /** No verdict for the first so many values and errors. */
    warmUp: z.int().min(1).default(30),
    /** α: below this share of the greatest distance it warns. */
    warning: z.number().gt(0).max(1).default(0.95),
    /** β: below this share it is drift. */
    drift: z.number().gt(0).max(1).default(0.9),
  })
  .refine(({ warning, drift }) => drift <= warning, 'drift must be at most warning');

const stateSchema = z.strictObject({
  count: z.int(),
  errors: z.int(),
  /** `count` at the last error, 0 before the first. */
  lastError: z.int(),
  /** Of the distances: their mean, and Σ (distance − mean)². */
  mean: z.number(),
  squares: z.number(),
  /** The greatest p′ + 2s′, −1 before there is one. */
  greatest: z.number(),
  /** Whether the last error left it warning: it does so until another error says otherwise. */
  warns: z.boolean(),
});

export type EddmOptions = z.output<typeof optionsSchema>;
type State = z.output<typeof stateSchema>;

/**
 * Baena-García and others 2006, "Early drift detection method", section 3: (p′ + 2s′)/(p′ + 2s′)_max < α warns, < β is
 * drift, p′ and s′ being mean and sample deviation of the distances between errors. Many false alarms: never a default.
 */
export const eddm: DetectorKind<EddmOptions, State> = {
  name: 'EDDM',
  options: optionsSchema,
  state: stateSchema,
  start: () => ({ count: 0, errors: 0, lastError: 0, mean: 0, squares: 0, greatest: -1, warns: false }),
  step(state, value, options) {
    state.count++;
    if (value === 1) {
      addDistance(state, state.count - state.lastError);
      state.lastError = state.count;
      if (state.count > options.warmUp && judge(state, options)) return 'drift';
    }
    return state.warns ? 'warning' : 'none';
  },
};

function addDistance(state: State, distance: number): void {
  const before = state.mean;
  state.errors++;
  state.mean = nextMean(before, state.errors, distance);
  state.squares += (distance - before) * (distance - state.mean);
}

function judge(state: State, { warmUp, warning, drift }: EddmOptions): boolean {
  const deviation = state.errors > 1 ? Math.sqrt(state.squares / (state.errors - 1)) : 0;
  const level = state.mean + 2 * deviation;
  if (level > state.greatest) {
    state.greatest = level;
    return false;
  }
  if (state.errors <= warmUp) return false;
  const share = level / state.greatest;
  if (share < drift) return true;
  state.warns = share < warning;
  return false;
}
