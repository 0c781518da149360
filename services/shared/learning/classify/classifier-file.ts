/** A classifier as files of an artifact and back, tried on its golden rows whenever it is read. */
import { z } from 'zod';
import { LikenessError } from '../../errors.ts';
import { jsonBytes, parseFile } from '../model.ts';
import { probabilityOf, type Classifier } from './classifier.ts';
import { columnCount } from './encoding.ts';
import type { Tree } from './grow-tree.ts';
import type { TrainedClassifier } from './train-classifier.ts';

const classifierFile = 'classifier.json';
const selectionFile = 'selection.json';
const goldenFile = 'golden.json';

const scale = z.strictObject({ log: z.boolean(), mean: z.number(), deviation: z.number().positive() });
const number = z.enum(['number', 'age']);
const encoder = z.discriminatedUnion('kind', [
  z.strictObject({ name: z.string(), kind: number, scale, missing: z.boolean() }),
  z.strictObject({ name: z.string(), kind: z.literal('category'), values: z.array(z.string()) }),
  z.strictObject({
    name: z.string(),
    kind: z.literal('tags'),
    tags: z.array(z.strictObject({ value: z.string(), scale })),
  }),
]);
const numbers = z.array(z.number());
const integers = z.array(z.int());
const tree = z.strictObject({ column: integers, threshold: numbers, left: integers, right: integers, value: numbers });
const model = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('linear'),
    linear: z.strictObject({ intercept: z.number(), coefficients: numbers }),
  }),
  z.strictObject({
    kind: z.literal('mlp'),
    mlp: z.strictObject({ layers: z.array(z.strictObject({ weights: numbers, biases: numbers })).min(1) }),
  }),
  z.strictObject({ kind: z.literal('trees'), trees: z.strictObject({ base: z.number(), trees: z.array(tree) }) }),
]);
const calibration = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('platt'), slope: z.number(), offset: z.number() }),
  z.strictObject({
    kind: z.literal('isotonic'),
    scores: numbers.min(1),
    probabilities: z.array(z.number().min(0).max(1)).min(1),
  }),
]);
const classifierSchema = z.strictObject({ encoders: z.array(encoder).min(1), model, calibration });
const goldenSchema = z
  .array(z.strictObject({ values: z.record(z.string(), z.unknown()), time: z.number(), probability: z.number() }))
  .min(1);
const selectionSchema = z.array(
  z.strictObject({
    name: z.string(),
    score: z.number().nullable(),
    kept: z.boolean(),
    chiSquare: z.number(),
    informationGain: z.number(),
    mutualInformation: z.number(),
    importance: z.number().optional(),
  }),
);
export type Selection = z.output<typeof selectionSchema>;

export function encodeClassifier({
  classifier,
  selection,
  golden,
}: Pick<TrainedClassifier, 'classifier' | 'selection' | 'golden'>): Map<string, Uint8Array> {
  const tried = golden.map((row) => ({ ...row, probability: probabilityOf(classifier, row) }));
  return new Map([
    [classifierFile, Buffer.from(JSON.stringify(classifier, plainArrays))],
    [goldenFile, jsonBytes(tried)],
    [selectionFile, jsonBytes(selection)],
  ]);
}

function plainArrays(_key: string, value: unknown): unknown {
  return value instanceof Float64Array || value instanceof Float32Array ? Array.from(value) : value;
}

/** Throws `ModelInvalid`: a file that does not hold together, a number that is none, or another answer to a golden row. */
export function decodeClassifier(files: ReadonlyMap<string, Uint8Array>): Classifier {
  const parsed = parseFile(files, classifierFile, classifierSchema);
  const classifier = { ...parsed, model: withTypedArrays(parsed.model) };
  checkShape(classifier);
  for (const { probability, ...row } of parseFile(files, goldenFile, goldenSchema)) {
    const said = probabilityOf(classifier, row);
    if (!(Math.abs(said - probability) <= 1e-9) || said < 0 || said > 1)
      throw new LikenessError('ModelInvalid', `${goldenFile}: the model says ${said} where it said ${probability}`);
  }
  return classifier;
}

export function decodeSelection(files: ReadonlyMap<string, Uint8Array>): Selection {
  return parseFile(files, selectionFile, selectionSchema);
}

function withTypedArrays(read: z.output<typeof model>): Classifier['model'] {
  if (read.kind !== 'linear') return read;
  const { intercept, coefficients } = read.linear;
  return { kind: 'linear', linear: { intercept, coefficients: Float64Array.from(coefficients) } };
}

/** Before anything is read beyond an end. */
function checkShape({ encoders, model: own, calibration: read }: Classifier): void {
  const columns = encoders.reduce((sum, each) => sum + columnCount(each), 0);
  const problem = problemOf(own, columns);
  if (problem !== undefined) throw new LikenessError('ModelInvalid', `${classifierFile}: ${problem}`);
  if (read.kind === 'isotonic' && read.scores.length !== read.probabilities.length)
    throw new LikenessError('ModelInvalid', `${classifierFile}: its calibration has scores without probabilities`);
}

function problemOf(own: Classifier['model'], columns: number): string | undefined {
  if (own.kind === 'linear')
    return own.linear.coefficients.length === columns
      ? undefined
      : `it has not one coefficient for each of ${columns} columns`;
  if (own.kind === 'mlp') {
    let inputs = columns;
    for (const { weights, biases } of own.mlp.layers) {
      if (weights.length !== inputs * biases.length) return `a layer has not ${inputs} inputs for each unit`;
      inputs = biases.length;
    }
    return inputs === 1 ? undefined : `its last layer has ${inputs} units`;
  }
  const bad = own.trees.trees.findIndex((each) => !isTree(each, columns));
  return bad < 0 ? undefined : `tree ${bad} leads nowhere`;
}

/** Children come behind their parents, so that every walk ends. */
function isTree({ column, threshold, left, right, value }: Tree, columns: number): boolean {
  const nodes = column.length;
  if (nodes === 0 || [threshold, left, right, value].some((list) => list.length !== nodes)) return false;
  return column.every((asked, node) => {
    if (asked === -1) return true;
    return asked >= 0 && asked < columns && [left[node]!, right[node]!].every((child) => child > node && child < nodes);
  });
}
