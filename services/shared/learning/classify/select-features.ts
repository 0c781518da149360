/** The choice of features on the training rows: every score of every feature, and the best of them. */
import { chiSquareScores } from '../selection/chi-square.ts';
import { discreteInformation, informationGains } from '../selection/information-gain.ts';
import { keepBest } from '../selection/keep-best.ts';
import { mutualInformation } from '../selection/mutual-information.ts';
import { permutationImportance } from '../selection/permutation-importance.ts';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { columnCount, type FieldEncoder, type Matrix } from './encoding.ts';
import { rankingQuality } from './quality.ts';

export type SelectionMethod = 'ChiSquare' | 'InformationGain' | 'MutualInformation' | 'Permutation';

/** Statistics of one feature against the label. */
export interface FeatureScores {
  readonly name: string;
  /** χ² of its columns, each brought to 0…1, added up. */
  readonly chiSquare: number;
  /** Nats; of several columns that of the best, of a category that of its values. */
  readonly informationGain: number;
  readonly mutualInformation: number;
}

export interface FeatureChoice extends FeatureScores {
  /** By the method that was asked for. */
  readonly score: number;
  readonly kept: boolean;
}

export interface SelectionInput {
  readonly encoders: readonly FieldEncoder[];
  readonly matrix: Matrix;
  readonly labels: Uint8Array;
}

/** Nearest neighbours of more rows cost much, and say the same. */
const mostRows = 20_000;

export function scoreFeatures({ encoders, matrix, labels }: SelectionInput, seed: number): FeatureScores[] {
  const step = Math.max(1, Math.ceil(matrix.rows / mostRows));
  const columns = columnsOf(matrix, step);
  const data = { columns, labels: labels.filter((_, row) => row % step === 0) };
  const discrete = encoders.flatMap((encoder) => discreteColumns(encoder));
  const chi = chiSquareScores({ ...data, columns: columns.map(toUnit) });
  const gains = informationGains(data);
  const mutual = mutualInformation(data, { discrete, seed });
  return placesOf(encoders).map(({ encoder, first, end }) => {
    const ofCategory =
      encoder.kind === 'category' ? categoryInformation(columns.slice(first, end), data.labels) : undefined;
    const best = (scores: readonly number[]): number => ofCategory ?? Math.max(0, ...scores.slice(first, end));
    return {
      name: encoder.name,
      chiSquare: chi.slice(first, end).reduce((sum, { statistic }) => sum + statistic, 0),
      informationGain: best(gains),
      mutualInformation: best(mutual),
    };
  });
}

/** `permutation`: importance by feature, asked for only where that is the method. */
export function chooseFeatures(
  scores: readonly FeatureScores[],
  { method, keep }: { readonly method: SelectionMethod; readonly keep: number },
  permutation: () => Promise<readonly number[]>,
): Promise<FeatureChoice[]> {
  return scoresBy(scores, method, permutation).then((own) => {
    const byName = new Map(scores.map((each) => [each.name, each]));
    const names = scores.map(({ name }) => name);
    return keepBest(names, own, keep).map(({ name, score, kept }) => ({ ...byName.get(name)!, score, kept }));
  });
}

async function scoresBy(
  scores: readonly FeatureScores[],
  method: SelectionMethod,
  permutation: () => Promise<readonly number[]>,
): Promise<readonly number[]> {
  if (method === 'Permutation') return permutation();
  const field = (
    { ChiSquare: 'chiSquare', InformationGain: 'informationGain', MutualInformation: 'mutualInformation' } as const
  )[method];
  return scores.map((each) => each[field]);
}

/** What ROC-AUC loses on these rows when the columns of one feature are shuffled together. */
export function featureImportance(
  { encoders, matrix, labels }: SelectionInput,
  predict: (matrix: Matrix) => ArrayLike<number>,
  seed: number,
): number[] {
  const places = placesOf(encoders);
  const rows = Float64Array.from({ length: matrix.rows }, (_, row) => row);
  const shuffled = { ...matrix, values: matrix.values.slice() };
  const score = (rowsOf: readonly Float64Array[]): number => {
    places.forEach(({ first, end }, field) => copyColumns(matrix, shuffled, rowsOf[field]!, [first, end]));
    return rankingQuality(predict(shuffled), labels).rocAuc;
  };
  const columns = places.map(() => rows);
  return permutationImportance(columns, score, { repeats: 3, random: seededUniform(seed) }).map(({ mean }) => mean);
}

function copyColumns(
  { columns, values }: Matrix,
  into: Matrix,
  rowOf: Float64Array,
  [first, end]: [number, number],
): void {
  for (let row = 0; row < into.rows; row++)
    for (let column = first; column < end; column++)
      into.values[row * columns + column] = values[rowOf[row]! * columns + column]!;
}

function placesOf(encoders: readonly FieldEncoder[]) {
  let first = 0;
  return encoders.map((encoder) => {
    const end = first + columnCount(encoder);
    const place = { encoder, first, end };
    first = end;
    return place;
  });
}

function discreteColumns(encoder: FieldEncoder): boolean[] {
  return Array.from(
    { length: columnCount(encoder) },
    (_, at) => encoder.kind === 'category' || (encoder.kind !== 'tags' && at === 1),
  );
}

/** Of the columns exactly one is 1. */
function categoryInformation(columns: readonly Float64Array[], labels: ArrayLike<number>): number {
  const codes = Int32Array.from({ length: labels.length }, (_, row) =>
    columns.findIndex((column) => column[row] === 1),
  );
  return discreteInformation(codes, labels);
}

function columnsOf({ rows, columns, values }: Matrix, step: number): Float64Array[] {
  const taken = Math.ceil(rows / step);
  return Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: taken }, (__, at) => values[at * step * columns + column]!),
  );
}

function toUnit(column: Float64Array): Float64Array {
  const least = column.reduce((low, value) => Math.min(low, value), Infinity);
  const most = column.reduce((high, value) => Math.max(high, value), -Infinity);
  return most > least ? column.map((value) => (value - least) / (most - least)) : new Float64Array(column.length);
}
