/** The detectors as a benchmark sees them: something that takes errors and says when there is drift. */
import { detectorNames, startDetector } from '../../services/shared/learning/drift/detectors.ts';
import { startProposeConfirm } from '../../services/shared/learning/drift/propose-confirm.ts';
import type { DriftStream } from './streams.ts';

export interface Watch {
  /** Whether this error is the one at which it finds drift. */
  finds(error: 0 | 1): boolean;
}

/** The verdict of the product, and each detector by itself. */
export const watches: Readonly<Record<string, () => Watch>> = {
  'HDDM_A+ADWIN': () => {
    const verdict = startProposeConfirm();
    return { finds: (error) => verdict.update(error).kind === 'drift' };
  },
  ...Object.fromEntries(
    detectorNames.map((name) => [
      name,
      () => {
        const detector = startDetector(name);
        return { finds: (error: 0 | 1) => detector.update(error) === 'drift' };
      },
    ]),
  ),
};

export interface StreamOutcome {
  /** Rows from each drift to the first finding before the next drift; null: not found. */
  readonly delays: (number | null)[];
  readonly falseAlarms: number;
  /** Share of the watched rows that the served model got wrong. */
  readonly error: number;
}

/** Rows that a model is fitted on: at the start, and again from each finding on. */
const fitted = 1000;

/** A model that serves unchanged until drift is found; then one fitted on the rows that follow takes its place. */
export function watchStream({ rows, drifts, fit }: DriftStream, start: () => Watch): StreamOutcome {
  const found: number[] = [];
  let [at, errors, watched] = [0, 0, 0];
  while (at + fitted < rows.length) {
    const classify = fit(rows.slice(at, at + fitted));
    at += fitted;
    const watch = start();
    for (let isServing = true; isServing && at < rows.length; at++) {
      const error = classify(rows[at]!.values) === rows[at]!.label ? 0 : 1;
      watched++;
      errors += error;
      if (!watch.finds(error)) continue;
      found.push(at);
      isServing = false;
    }
  }
  const delays = drifts.map((drift, index) => {
    const end = drifts[index + 1] ?? rows.length;
    const first = found.find((row) => row >= drift && row < end);
    return first === undefined ? null : first - drift;
  });
  const hits = delays.filter((delay) => delay !== null).length;
  return { delays, falseAlarms: found.length - hits, error: errors / watched };
}
