/** Fits a classifier to training rows, and chooses features, kind and settings on validation rows alone. */
import type { TensorBackend } from '../tensor/tensor-backend.ts';
import { balanceRows, weightsFor, type Balance } from './balance-rows.ts';
import { calibrate, fitCalibration, fitPlatt } from './calibration.ts';
import { candidatesOf, describeCandidate, fitCandidate, type Candidate } from './candidates.ts';
import { modelLogits, type Classifier, type ClassifierModel } from './classifier.ts';
import type { ClassifierKind } from './classifier-kinds.ts';
import { encodeRows, fitEncoders, type FieldEncoder, type Matrix } from './encoding.ts';
import { logLoss } from './quality.ts';
import type { ClassifyRow, Field } from './rows.ts';
import { fitManyTrees } from './trees.ts';
import {
  chooseFeatures,
  featureImportance,
  scoreFeatures,
  type FeatureChoice,
  type SelectionMethod,
} from './select-features.ts';

export interface ClassifyOptions {
  readonly fields: readonly Field[];
  readonly selection: { readonly method: SelectionMethod; readonly keep: number };
  readonly balance: Balance;
  readonly kinds: readonly ClassifierKind[];
  /** Of resampling, noise, shuffles and initial weights: the same rows and seed give the same classifier. */
  readonly seed: number;
  readonly tensors: () => Promise<TensorBackend>;
  readonly onProgress?: (phase: string) => void;
}

export interface TriedCandidate {
  readonly candidate: Candidate;
  readonly classifier: Classifier;
  /** Log loss on the validation rows, calibrated there by two numbers. */
  readonly loss: number;
}

export interface FittedClassifier {
  /** The best of each kind, the best of all first. */
  readonly tried: readonly TriedCandidate[];
  readonly choice: readonly FeatureChoice[];
}

export interface Fold {
  readonly train: readonly ClassifyRow[];
  readonly validation: readonly ClassifyRow[];
}

/** `candidates`: absent, all settings of the kinds asked for. */
export async function fitClassifier(
  fold: Fold,
  options: ClassifyOptions,
  candidates: readonly Candidate[] = candidatesOf(options.kinds, options.seed),
): Promise<FittedClassifier> {
  const { onProgress = () => undefined } = options;
  const all = fitEncoders(options.fields, fold.train);
  const choice = await choose(all, fold, options);
  const kept = new Set(choice.filter((feature) => feature.kept).map(({ name }) => name));
  const rows = encodeFold(
    all.filter(({ name }) => kept.has(name)),
    fold,
  );
  const best = new Map<ClassifierKind, TriedCandidate>();
  for (const candidate of candidates) {
    const tried = await tryCandidate(candidate, rows, options);
    onProgress(`${candidate.kind} (${describeCandidate(candidate)}): log loss ${tried.loss.toFixed(4)}`);
    if (tried.loss < (best.get(candidate.kind)?.loss ?? Infinity)) best.set(candidate.kind, tried);
  }
  const tried = [...best.values()].map((one) => withValidationRows(one, rows, options));
  return { tried: tried.toSorted((a, b) => a.loss - b.loss), choice };
}

interface EncodedFold {
  readonly encoders: readonly FieldEncoder[];
  readonly train: Matrix;
  readonly validation: Matrix;
  readonly trainLabels: Uint8Array;
  readonly validationLabels: Uint8Array;
}

export const labelsOf = (rows: readonly ClassifyRow[]): Uint8Array =>
  Uint8Array.from(rows, ({ label }) => (label ? 1 : 0));

function encodeFold(encoders: readonly FieldEncoder[], { train, validation }: Fold): EncodedFold {
  return {
    encoders,
    train: encodeRows(encoders, train),
    validation: encodeRows(encoders, validation),
    trainLabels: labelsOf(train),
    validationLabels: labelsOf(validation),
  };
}

async function tryCandidate(
  candidate: Candidate,
  rows: EncodedFold,
  options: ClassifyOptions,
): Promise<TriedCandidate> {
  const model = await fitOn(candidate, rows, options);
  const { validation, validationLabels, encoders } = rows;
  const logits = modelLogits(model, validation);
  const platt = fitPlatt(logits, validationLabels);
  const loss = logLoss(
    logits.map((logit) => calibrate(platt, logit)),
    validationLabels,
  );
  return { candidate, classifier: { encoders, model, calibration: fitCalibration(logits, validationLabels) }, loss };
}

function fitOn(
  candidate: Candidate,
  rows: EncodedFold,
  { balance, seed, tensors }: ClassifyOptions,
): Promise<ClassifierModel> {
  const { train, trainLabels, validation, validationLabels } = rows;
  const weights = weightsFor(validationLabels, balance);
  const fold = {
    train: balanceRows(train, trainLabels, balance, seed),
    validation: { matrix: validation, labels: validationLabels, weights },
  };
  return fitCandidate(candidate, fold, tensors);
}

/**
 * Trees, once the validation rows have said how many, learn from these too: as many more as there are more rows. Their
 * calibration stays that of the trees which had not seen these rows.
 */
function withValidationRows(
  tried: TriedCandidate,
  rows: EncodedFold,
  { balance, seed }: ClassifyOptions,
): TriedCandidate {
  const { candidate, classifier } = tried;
  if (candidate.kind !== 'trees' || classifier.model.kind !== 'trees') return tried;
  const { train, validation, trainLabels, validationLabels } = rows;
  const values = new Float64Array(train.values.length + validation.values.length);
  values.set(train.values);
  values.set(validation.values, train.values.length);
  const matrix = { rows: train.rows + validation.rows, columns: train.columns, values };
  const labels = Uint8Array.from([...trainLabels, ...validationLabels]);
  const count = Math.round((classifier.model.trees.trees.length * matrix.rows) / train.rows);
  const trees = fitManyTrees(balanceRows(matrix, labels, balance, seed), count, candidate.settings);
  return { ...tried, classifier: { ...classifier, model: { kind: 'trees', trees } } };
}

async function choose(
  encoders: readonly FieldEncoder[],
  fold: Fold,
  options: ClassifyOptions,
): Promise<FeatureChoice[]> {
  const rows = encodeFold(encoders, fold);
  const { selection, seed } = options;
  const scores = scoreFeatures({ encoders, matrix: rows.train, labels: rows.trainLabels }, seed);
  return chooseFeatures(scores, selection, async () => {
    const [probe] = candidatesOf(options.kinds.includes('trees') ? ['trees'] : options.kinds, seed);
    const model = await fitOn(probe!, rows, options);
    const held = { encoders, matrix: rows.validation, labels: rows.validationLabels };
    return featureImportance(held, (matrix) => modelLogits(model, matrix), seed);
  });
}
