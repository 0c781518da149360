/** Folds of labelled rows by time: a label that was not yet known when a fold ended teaches nothing there. */
import type { Fold } from './fit-classifier.ts';
import type { ClassifyRow } from './rows.ts';

export interface TimeFolds {
  /** Chooses the model. */
  readonly judged: Fold;
  /** When the test begins, milliseconds since 1970: `judged` knows nothing from then on. */
  readonly testFrom: number;
  /** Reported; nothing is chosen by it. */
  readonly test: readonly ClassifyRow[];
  /** The model that serves: learns up to the test rows, which stop and calibrate it. */
  readonly served: Fold;
}

/** `rows` ascending by time; the newest `fraction` is the test, as many before it the validation. */
export function timeFolds<Row extends ClassifyRow>(
  rows: readonly Row[],
  fraction: number,
  withinMs: number,
): TimeFolds {
  const timeAt = (share: number): number => rows[Math.floor(rows.length * share)]?.time ?? Infinity;
  const [validationFrom, testFrom] = [timeAt(1 - 2 * fraction), timeAt(1 - fraction)];
  const between = (from: number, to: number): Row[] => rows.filter(({ time }) => time >= from && time + withinMs < to);
  const test = rows.filter(({ time }) => time >= testFrom);
  return {
    judged: { train: between(-Infinity, validationFrom), validation: between(validationFrom, testFrom) },
    testFrom,
    test,
    served: { train: between(-Infinity, testFrom), validation: test },
  };
}
