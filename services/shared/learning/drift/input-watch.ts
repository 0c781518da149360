/** The verdict on inputs and predictions: a feature that lies away from its baseline for several windows in a row. */
import { z } from 'zod';
import type { SketchDistances } from '../sketch/compare.ts';
import { readOptions, readStored } from './read-settings.ts';

const optionsSchema = z.strictObject({
  metric: z.enum(['PSI', 'JensenShannon', 'KolmogorovSmirnov', 'Wasserstein', 'ChiSquare']).default('PSI'),
  /** At or above it a window counts. */
  threshold: z.number().gt(0).default(0.2),
  /** So many windows in a row are drift. */
  consecutiveWindows: z.int().min(1).default(3),
});

export type InputWatchOptions = z.input<typeof optionsSchema>;

export const storedInputWatch = z.strictObject({
  options: optionsSchema,
  /** By feature: windows in a row at or above the threshold, 1 or more. */
  windows: z.record(z.string(), z.int().min(1)),
  /** Whether drift has been found: it is said once. */
  isFound: z.boolean(),
});

/** `feature` is the one to blame: most windows in a row, then the greatest score. Absent if no feature had values. */
interface InputVerdict {
  readonly kind: 'none' | 'drift';
  readonly worst?: { readonly feature: string; readonly score: number; readonly windows: number };
}

export interface InputWatch {
  /**
   * Takes the distances of one window, by feature, in any order. A feature without values in it keeps its count, and one
   * that has no such distance (KS of categories) is not watched.
   */
  update(distances: ReadonlyMap<string, SketchDistances | undefined>): InputVerdict;
  /** A copy as plain JSON. */
  store(): z.output<typeof storedInputWatch>;
}

/** One watch a baseline: a new model begins a new one. Throws `BadConfig` on options out of range. */
export function startInputWatch(options: InputWatchOptions = {}): InputWatch {
  return run({ options: readOptions(optionsSchema, options, 'the input watch'), windows: {}, isFound: false });
}

/** Goes on where `store` left off. Throws `BadData` if `stored` is not what `store` gives. */
export function resumeInputWatch(stored: unknown): InputWatch {
  return run(readStored(storedInputWatch, stored, 'the input watch'));
}

function run(state: z.output<typeof storedInputWatch>): InputWatch {
  const { metric, threshold, consecutiveWindows } = state.options;
  const windows = new Map(Object.entries(state.windows));
  let { isFound } = state;
  return {
    update(distances) {
      const judged = [...distances].flatMap(([feature, of]): Worst[] => {
        const score = of && scoreOf(of, metric);
        return score === undefined
          ? []
          : [{ feature, score, windows: countWindow(windows, feature, score >= threshold) }];
      });
      const [worst] = judged.sort(worseFirst);
      if (worst === undefined) return { kind: 'none' };
      const isDrift = !isFound && worst.windows >= consecutiveWindows;
      isFound ||= isDrift;
      return { kind: isDrift ? 'drift' : 'none', worst };
    },
    store: () => ({ options: state.options, windows: Object.fromEntries(windows), isFound }),
  };
}

/** undefined: the feature has no such distance. */
export function scoreOf(
  { psi, js, ks, w1Scaled, cramersV }: SketchDistances,
  metric: z.output<typeof optionsSchema>['metric'],
): number | undefined {
  return { PSI: psi, JensenShannon: js, KolmogorovSmirnov: ks, Wasserstein: w1Scaled, ChiSquare: cramersV }[metric];
}

type Worst = NonNullable<InputVerdict['worst']>;

function worseFirst(a: Worst, b: Worst): number {
  return b.windows - a.windows || b.score - a.score || (a.feature < b.feature ? -1 : 1);
}

/** The feature's windows in a row with this one. */
function countWindow(windows: Map<string, number>, feature: string, isAbove: boolean): number {
  const count = isAbove ? (windows.get(feature) ?? 0) + 1 : 0;
  if (isAbove) windows.set(feature, count);
  else windows.delete(feature);
  return count;
}
