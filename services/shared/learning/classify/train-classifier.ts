/** Trains one classifier: chooses it on validation rows, judges it on the newest, and fits what serves. */
import { LikenessError } from '../../errors.ts';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import type { TensorBackend } from '../tensor/tensor-backend.ts';
import { describeCandidate } from './candidates.ts';
import { modelLogits, probabilitiesOf, type Classifier } from './classifier.ts';
import type { ClassifierInputs } from './classifier-inputs.ts';
import { encodeRows } from './encoding.ts';
import {
  fitClassifier,
  labelsOf,
  type ClassifyOptions,
  type FittedClassifier,
  type TriedCandidate,
} from './fit-classifier.ts';
import { brierScore, expectedCalibrationError, logLoss, rankingQuality } from './quality.ts';
import type { ClassifyRow } from './rows.ts';
import { featureImportance, type FeatureChoice } from './select-features.ts';
import { timeFolds, type TimeFolds } from './time-folds.ts';

export interface TrainClassifierOptions extends Pick<ClassifyOptions, 'tensors' | 'seed' | 'onProgress'> {
  /** Share of the rows, the newest, that judges; as many before them choose. */
  readonly holdout: number;
}

export interface TrainedClassifier {
  readonly classifier: Classifier;
  /** The one that was judged: fitted and calibrated on the time before this moment alone, milliseconds since 1970. */
  readonly twin: { readonly classifier: Classifier; readonly before: number };
  readonly metrics: Record<string, number>;
  readonly report: Record<string, number | string>;
  readonly selection: readonly ExplainedFeature[];
  /** Rows that the classifier is tried on wherever it is opened. */
  readonly golden: readonly Pick<ClassifyRow, 'values' | 'time'>[];
}

interface ExplainedFeature extends FeatureChoice {
  /** What ROC-AUC on the hold-out loses when the feature is shuffled; absent: it was not kept. */
  readonly importance?: number;
}

/** Of each label in each fold; fewer tell nothing. */
const leastOfLabel = 10;

/** `rows` ascending by time. Throws `BadData` where a fold has too few rows of a label. */
export async function trainClassifier(
  rows: readonly ClassifyRow[],
  inputs: ClassifierInputs,
  options: TrainClassifierOptions,
): Promise<TrainedClassifier> {
  const { fields, selection, balance, kinds } = inputs;
  const { seed, tensors, onProgress = () => undefined } = options;
  const folds = timeFolds(rows, options.holdout, inputs.label.withinMs);
  checkFolds(folds, inputs.name);
  let tensorBackend = 'none';
  const noting = async (): Promise<TensorBackend> => {
    const backend = await tensors();
    tensorBackend = backend.name;
    return backend;
  };
  const fitting = { fields, selection, balance, kinds, seed, tensors: noting, onProgress };
  const judged = await fitClassifier(folds.judged, fitting);
  const best = judged.tried[0]!;
  onProgress(`fitting ${best.candidate.kind} to all examples whose label is known`);
  const kept = judged.choice.filter((feature) => feature.kept).map(({ name }) => name);
  // The features were chosen already: all that are left are kept.
  const ofKept = {
    ...fitting,
    fields: fields.filter(({ name }) => kept.includes(name)),
    selection: { ...selection, keep: 64 },
  };
  const served = await fitClassifier(folds.served, ofKept, [best.candidate]);
  return {
    classifier: served.tried[0]!.classifier,
    twin: { classifier: best.classifier, before: folds.testFrom },
    metrics: metricsOf(judged, folds.test),
    report: { ...reportOf(best, folds, inputs), tensorBackend },
    selection: explain(judged, folds.test, seed),
    golden: goldenRows(folds.test),
  };
}

function checkFolds({ judged, test }: TimeFolds, name: string): void {
  for (const [fold, rows] of Object.entries({
    training: judged.train,
    validation: judged.validation,
    'hold-out': test,
  })) {
    const positives = rows.reduce((sum, { label }) => sum + (label ? 1 : 0), 0);
    if (Math.min(positives, rows.length - positives) >= leastOfLabel) continue;
    throw new LikenessError(
      'BadData',
      `Model ${name}: of the ${rows.length} ${fold} examples the label is true of ${positives}; it takes at least ` +
        `${leastOfLabel} of which it is true and ${leastOfLabel} of which it is not. More events will help, or another within`,
    );
  }
}

function metricsOf({ tried }: FittedClassifier, test: readonly ClassifyRow[]): Record<string, number> {
  const labels = labelsOf(test);
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const metrics: Record<string, number> = { examples: test.length, baseRate: positives / test.length };
  tried.forEach(({ candidate, classifier }, place) => {
    const prefix = place === 0 ? '' : `${candidate.kind}.`;
    for (const [name, value] of Object.entries(qualityOf(classifier, test, labels)))
      metrics[`${prefix}${name}`] = value;
  });
  return { ...metrics, rocAucLower: lowerAuc(tried[0]!.classifier, test, labels) };
}

function qualityOf(classifier: Classifier, test: readonly ClassifyRow[], labels: Uint8Array) {
  const matrix = encodeRows(classifier.encoders, test);
  const said = probabilitiesOf(classifier, matrix);
  return {
    ...rankingQuality(modelLogits(classifier.model, matrix), labels),
    logLoss: logLoss(said, labels),
    brier: brierScore(said, labels),
    expectedCalibrationError: expectedCalibrationError(said, labels),
  };
}

const draws = 200;

/** The one-sided 95% bound of ROC-AUC by a percentile bootstrap over rows. */
function lowerAuc(classifier: Classifier, test: readonly ClassifyRow[], labels: Uint8Array): number {
  const logits = modelLogits(classifier.model, encodeRows(classifier.encoders, test));
  const random = seededUniform(1);
  const drawn = Float64Array.from({ length: draws }, () => {
    const rows = Uint32Array.from(logits, () => Math.floor(random() * logits.length));
    const { rocAuc } = rankingQuality(
      Float64Array.from(rows, (row) => logits[row]!),
      Uint8Array.from(rows, (row) => labels[row]!),
    );
    return Number.isNaN(rocAuc) ? 0.5 : rocAuc;
  }).sort();
  return drawn[Math.floor(draws * 0.05)]!;
}

function reportOf({ candidate, classifier }: TriedCandidate, folds: TimeFolds, inputs: ClassifierInputs) {
  const { label, selection, balance } = inputs;
  return {
    protocol: `time-split, newest ${folds.test.length} examples; a label counts once its time has passed`,
    label: `${label.events.join(' or ')} within ${label.withinMs / 1000} s`,
    settings: describeCandidate(candidate),
    selection: `${selection.method}, at most ${selection.keep}`,
    balance: `${balance}, training rows alone`,
    calibration: classifier.calibration.kind,
    trainingExamples: folds.served.train.length,
    validationExamples: folds.judged.validation.length,
  };
}

function explain({ tried, choice }: FittedClassifier, test: readonly ClassifyRow[], seed: number): ExplainedFeature[] {
  const { encoders, model } = tried[0]!.classifier;
  const held = { encoders, matrix: encodeRows(encoders, test), labels: labelsOf(test) };
  const importance = featureImportance(held, (matrix) => modelLogits(model, matrix), seed);
  const byName = new Map(encoders.map(({ name }, at) => [name, importance[at]!]));
  return choice.map((feature) => {
    const own = byName.get(feature.name);
    return own === undefined ? feature : { ...feature, importance: own };
  });
}

const mostGolden = 20;

function goldenRows(test: readonly ClassifyRow[]): Pick<ClassifyRow, 'values' | 'time'>[] {
  const step = Math.max(1, Math.floor(test.length / mostGolden));
  return test
    .filter((_, row) => row % step === 0)
    .slice(0, mostGolden)
    .map(({ values, time }) => ({ values, time }));
}
