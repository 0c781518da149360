/** What a classifier is compared with while it serves: its features in the newest examples, its twin's answers at the hold-out. */
import type { Classifier } from '../shared/learning/classify/classifier.ts';
import { probabilityOf } from '../shared/learning/classify/classifier.ts';
import type { ClassifyRow } from '../shared/learning/classify/rows.ts';
import { encodeBaseline, newestCount, sketchColumns, type InputColumn } from '../shared/learning/drift/baseline.ts';
import { featureInputs, featureValues, probabilityInput } from '../shared/learning/drift/watched-features.ts';
import { compareSketches } from '../shared/learning/sketch/compare.ts';
import { sketchFiller, type Sketch } from '../shared/learning/sketch/sketch.ts';

interface Fitted {
  readonly classifier: Classifier;
  /** It has seen nothing from `before` on, milliseconds since 1970. */
  readonly twin: { readonly classifier: Classifier; readonly before: number };
}

/** By PSI: what is further from the examples before than this moves by itself, and would be found to have drifted. */
const stillPsi = 0.1;

/** The bytes of `baseline.json`. `rows` ascending by time; the same rows give the same bytes. */
export function fitClassifierBaseline(
  rows: readonly Pick<ClassifyRow, 'values' | 'time'>[],
  { classifier, twin }: Fitted,
): Uint8Array {
  const count = newestCount(rows.length);
  const [before, newest] = [rows.slice(-2 * count, -count), rows.slice(-count)];
  const older = columnsOf(classifier, before);
  const newer = columnsOf(classifier, newest);
  const features = Object.entries(sketchColumns(newer)).filter(([name, sketch]) => {
    return isStill(
      sketch,
      older.find((column) => column.name === name)!,
    );
  });
  const asked = rows.filter(({ time }) => time >= twin.before);
  const said = { ...probabilityInput, values: asked.map((row) => probabilityOf(twin.classifier, row)) };
  return encodeBaseline({ inputs: { ...Object.fromEntries(features), ...sketchColumns([said]) } });
}

function columnsOf({ encoders }: Classifier, rows: readonly Pick<ClassifyRow, 'values' | 'time'>[]): InputColumn[] {
  const values = rows.map((row) => featureValues(encoders, row));
  return featureInputs(encoders).map((input, at) => ({ ...input, values: values.map((each) => each[at]) }));
}

/** Without examples before there is nothing that says otherwise. */
function isStill(sketch: Sketch, { values }: InputColumn): boolean {
  const filler = sketchFiller(sketch.bins);
  for (const value of values) filler.add(value);
  return (compareSketches(sketch, filler.take())?.psi ?? 0) < stillPsi;
}
