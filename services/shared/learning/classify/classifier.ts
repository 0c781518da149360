/** A trained classifier: how it reads features, its model, and the calibration of what the model says. Pure. */
import { calibrate, type Calibration } from './calibration.ts';
import { columnCount, encodeRow, type FieldEncoder, type Matrix } from './encoding.ts';
import { logitsOf, type Logistic } from './logistic.ts';
import { mlpLogits, type Mlp } from './mlp.ts';
import type { ClassifyRow } from './rows.ts';
import { treeLogits, type Trees } from './trees.ts';

export type ClassifierModel =
  | { readonly kind: 'linear'; readonly linear: Logistic }
  | { readonly kind: 'mlp'; readonly mlp: Mlp }
  | { readonly kind: 'trees'; readonly trees: Trees };

export interface Classifier {
  /** Of the features that were kept, in the order of the columns. */
  readonly encoders: readonly FieldEncoder[];
  readonly model: ClassifierModel;
  readonly calibration: Calibration;
}

export function modelLogits(model: ClassifierModel, matrix: Matrix): Float64Array {
  if (model.kind === 'linear') return logitsOf(model.linear, matrix);
  return model.kind === 'mlp' ? mlpLogits(model.mlp, matrix) : treeLogits(model.trees, matrix);
}

/** Of each row of a matrix that the encoders have made. */
export function probabilitiesOf({ model, calibration }: Classifier, matrix: Matrix): Float64Array {
  return modelLogits(model, matrix).map((logit) => calibrate(calibration, logit));
}

/** How likely the label is for one profile, 0 to 1. Throws `BadData` where a value makes no finite number. */
export function probabilityOf(classifier: Classifier, row: Pick<ClassifyRow, 'values' | 'time'>): number {
  const columns = classifier.encoders.reduce((sum, encoder) => sum + columnCount(encoder), 0);
  const values = new Float64Array(columns);
  encodeRow(classifier.encoders, row, values);
  return probabilitiesOf(classifier, { rows: 1, columns, values })[0]!;
}
