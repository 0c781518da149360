/** Where the watch over a model's quality begins: with what its hold-out promised, so that less than that is a fall. Pure. */
import type { Baseline } from './baseline.ts';
import { startProposeConfirm, type StoredProposeConfirm } from './propose-confirm.ts';
import { spreadErrors } from './spread-errors.ts';

/**
 * So many questions of the hold-out count, at most. Both detectors know of their past the number of values and of errors
 * alone, which are a sufficient statistic of questions that do not depend on each other; so a model whose hold-out is told
 * to them is compared with it by the same bounds as with its own past. HDDM_A never finds a rise below
 * √(ln(2 / .001) / 2N) in it (Frías-Blanco and others 2015, corollary 3, as the number of live questions grows): at 1,000
 * some 6 points, by which a hold-out may well differ that a twin has answered, on other days.
 */
const mostPromised = 1000;

/** Without a baseline, or without questions in it, the watch knows nothing yet. */
export function promisedQuality(baseline: Baseline | undefined): StoredProposeConfirm {
  const watch = startProposeConfirm();
  const { hitRate, questions = 0 } = baseline ?? {};
  const told = hitRate === undefined ? 0 : Math.min(questions, mostPromised);
  // Spread evenly: in what was promised itself there is no change.
  for (const error of spreadErrors(Math.round(told * (1 - (hitRate ?? 0))), told)) watch.update(error);
  return watch.store();
}
