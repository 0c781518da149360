/** The verdict on quality: HDDM_A proposes a drift, ADWIN confirms it, and only then is it one. */
import { z } from 'zod';
import { adwin, type AdwinOptions, type AdwinState } from './adwin.ts';
import { hddmA, type HddmAOptions, type HddmAState } from './hddm-a.ts';
import { readOptions, readStored } from './read-settings.ts';

const optionsSchema = z.strictObject({
  /** A proposal and a confirmation belong together if so many values or fewer lie between them, whichever came first. */
  within: z.int().min(1).default(10_000),
  proposer: hddmA.options.prefault({}),
  confirmer: adwin.options.prefault({}),
});

interface ProposeConfirmOptions {
  readonly within?: number;
  readonly proposer?: Partial<HddmAOptions>;
  readonly confirmer?: Partial<AdwinOptions>;
}

const riseSchema = z.strictObject({ before: z.number(), after: z.number(), newer: z.int().default(0) });

const stateSchema = z.strictObject({
  /** Values seen since the start or the last verdict. */
  seen: z.int().min(0),
  /** `seen` at the last proposal. */
  proposedAt: z.int().optional(),
  /** `seen` at the last rise that ADWIN found, and the rates of errors on either side of its cut. */
  confirmedAt: z.int().optional(),
  rise: riseSchema.optional(),
  proposer: hddmA.state,
  confirmer: adwin.state,
});

export const storedProposeConfirm = z.strictObject({ options: optionsSchema, state: stateSchema });

type Options = z.output<typeof optionsSchema>;
type State = z.output<typeof stateSchema> & { proposer: HddmAState; confirmer: AdwinState };

/**
 * What one value leads to. Of a drift the rates of errors before and after it, as ADWIN cut them, and how many values ago
 * it was by that cut: the best estimate of where the new time begins, and what a new model should learn from.
 */
type QualityVerdict =
  | { readonly kind: 'none' | 'warning' }
  | { readonly kind: 'drift'; readonly before: number; readonly after: number; readonly ago: number };

const none: QualityVerdict = { kind: 'none' };
const warning: QualityVerdict = { kind: 'warning' };

/**
 * `update` takes 1 for an error and 0 for a hit. It says `warning` while HDDM_A warns or a proposal is open, and `drift`
 * once for a change: with it both detectors begin anew. A rise that ADWIN found first waits for HDDM_A as a proposal
 * waits for ADWIN. A fall, which is an improvement, is never a drift: where ADWIN finds one, both forget what was before.
 */
export interface ProposeConfirm {
  update(error: 0 | 1): QualityVerdict;
  /** A copy as plain JSON. */
  store(): StoredProposeConfirm;
}

export type StoredProposeConfirm = z.output<typeof storedProposeConfirm>;

/** Throws `BadConfig` on options out of range. */
export function startProposeConfirm(options: ProposeConfirmOptions = {}): ProposeConfirm {
  const settled = readOptions(optionsSchema, options, 'the drift verdict');
  return run(settled, start(settled));
}

/** Goes on where `store` left off. Throws `BadData` if `stored` is not what `store` gives. */
export function resumeProposeConfirm(stored: unknown): ProposeConfirm {
  const { options, state } = readStored(storedProposeConfirm, stored, 'the drift verdict');
  return run(options, state);
}

function start({ proposer, confirmer }: Options): State {
  return { seen: 0, proposer: hddmA.start(proposer), confirmer: adwin.start(confirmer) };
}

function run(options: Options, startState: State): ProposeConfirm {
  let state = startState;
  const isRecent = (at: number | undefined): boolean => at !== undefined && state.seen - at <= options.within;
  return {
    update(error) {
      state.seen++;
      const proposed = propose(state, error, options);
      confirm(state, error, options);
      if (!isRecent(state.proposedAt)) return proposed === 'warning' ? warning : none;
      if (!isRecent(state.confirmedAt) || state.rise === undefined) return warning;
      const { before, after, newer } = state.rise;
      const ago = state.seen - state.confirmedAt! + newer;
      state = start(options);
      return { kind: 'drift', before, after, ago };
    },
    store: () => structuredClone({ options, state }),
  };
}

function propose(state: State, error: number, options: Options): string {
  const verdict = hddmA.step(state.proposer, error, options.proposer);
  if (verdict !== 'drift') return verdict;
  state.proposedAt = state.seen;
  state.proposer = hddmA.start(options.proposer);
  return verdict;
}

function confirm(state: State, error: number, options: Options): void {
  if (adwin.step(state.confirmer, error, options.confirmer) !== 'drift') return;
  const { cut } = state.confirmer;
  state.confirmer = adwin.start(options.confirmer);
  if (cut !== undefined && cut.after > cut.before) {
    state.confirmedAt = state.seen;
    state.rise = cut;
    return;
  }
  // HDDM_A's mean would hold on to the worse past, and hide a later rise back to it.
  state.proposer = hddmA.start(options.proposer);
  state.proposedAt = undefined;
}
