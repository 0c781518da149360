/** What a drift detector is: options, a state of plain JSON, and one step; and what runs one. */
import type { z } from 'zod';

/** After `drift` a detector has forgotten everything and learns anew from the next value. */
type Verdict = 'none' | 'warning' | 'drift';

/** One detector's rule. To add a detector: write one of these, and add it to detectors.ts. */
export interface DetectorKind<Options, State> {
  readonly name: string;
  /** Parsing `{}` gives the defaults. */
  readonly options: z.ZodType<Options>;
  /** A state is JSON as it stands: it can be stored after any value, and goes on the same. */
  readonly state: z.ZodType<State>;
  readonly start: (options: Options) => State;
  /** Takes one value into `state`, changing it, and says what it now means. */
  readonly step: (state: State, value: number, options: Options) => Verdict;
}

/** What is stored of a running detector. */
interface StoredDetector {
  readonly kind: string;
  readonly options: unknown;
  readonly state: unknown;
}

export interface Detector {
  readonly kind: string;
  /** Detectors of errors take 0 (right) or 1 (wrong); ADWIN, Page-Hinkley and KSWIN take any finite number. Throws RangeError on others. */
  update(value: number): Verdict;
  /** A copy as plain JSON. */
  store(): StoredDetector;
}

/** Runs a kind from given options and, where it goes on, a stored state. */
export function runDetector<Options, State>(
  kind: DetectorKind<Options, State>,
  options: Options,
  stored?: State,
): Detector {
  let state = stored ?? kind.start(options);
  return {
    kind: kind.name,
    update(value) {
      // One NaN in a sum would silence the detector for ever.
      if (!Number.isFinite(value)) throw new RangeError(`${kind.name} was given ${value}, which is no finite number`);
      const verdict = kind.step(state, value, options);
      if (verdict === 'drift') state = kind.start(options);
      return verdict;
    },
    store: () => structuredClone({ kind: kind.name, options, state }),
  };
}

/** The running mean, in the form that the reference detectors round by. Returns the new mean. */
export function nextMean(mean: number, count: number, value: number): number {
  return mean + (1 / count) * (value - mean);
}
