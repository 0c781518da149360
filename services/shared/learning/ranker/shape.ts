/** The variables of a ranker: their names and shapes, one list for the program, the weights' file and the inference. */
import { LikenessError } from '../../errors.ts';

export interface RankerShape {
  readonly items: number;
  readonly dimension: number;
  /** Longest history that it reads. */
  readonly length: number;
  /** Names of the propensity labels, in the order of their head. */
  readonly labels: readonly string[];
  /** Categories that its head tells apart, in the order of the head. */
  readonly categories: readonly string[];
  readonly timeToNext: boolean;
}

/** By variable, float32. */
export type RankerWeights = ReadonlyMap<string, Float32Array>;

/** Embeddings and kernels are rows of `dimension` numbers. */
export function variableShapes(shape: RankerShape): Record<string, number[]> {
  const { items, dimension, length, labels, categories, timeToNext } = shape;
  const square = [dimension, dimension];
  return {
    items: [items, dimension],
    itemBias: [items],
    positions: [length, dimension],
    norm1Gain: [dimension],
    norm1Bias: [dimension],
    query: square,
    key: square,
    value: square,
    norm2Gain: [dimension],
    norm2Bias: [dimension],
    hidden: square,
    hiddenBias: [dimension],
    output: square,
    outputBias: [dimension],
    norm3Gain: [dimension],
    norm3Bias: [dimension],
    ...(labels.length > 0 && { propensity: [dimension, labels.length], propensityBias: [labels.length] }),
    ...(categories.length > 0 && { categories: [categories.length, dimension], categoryBias: [categories.length] }),
    ...(timeToNext && { time: [dimension, 1], timeBias: [1] }),
  };
}

export const sizeOf = (dimensions: readonly number[]): number =>
  dimensions.reduce((product, size) => product * size, 1);

/** Added to the variance before its root is taken. */
export const normEpsilon = 1e-6;

const magic = 0x3152_4b4c;

/** "LKR1", the number of floats (u32), and the floats of each variable in the order of `variableShapes`; little-endian. */
export function encodeWeights(shape: RankerShape, weights: RankerWeights): Uint8Array {
  const arrays = Object.keys(variableShapes(shape)).map((name) => weights.get(name)!);
  const total = arrays.reduce((sum, array) => sum + array.length, 0);
  const words = [Uint32Array.of(magic, total), ...arrays];
  return Buffer.concat(words.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)));
}

/** Throws `ModelInvalid`, naming `file`, unless it holds as many numbers as the shape has, all of them finite. */
export function decodeWeights(file: string, bytes: Uint8Array, shape: RankerShape): RankerWeights {
  const invalid = (what: string): LikenessError => new LikenessError('ModelInvalid', `${file}: ${what}`);
  if (bytes.length < 8 || bytes.length % 4 !== 0) throw invalid('is cut short');
  const words = new Uint32Array(new Uint8Array(bytes).buffer);
  if (words[0] !== magic) throw invalid('is no ranker of this version (its first bytes are not "LKR1")');
  const shapes = Object.entries(variableShapes(shape));
  const total = shapes.reduce((sum, [, dimensions]) => sum + sizeOf(dimensions), 0);
  if (words[1] !== total || words.length !== total + 2)
    throw invalid(`holds ${words.length - 2} numbers where the model has ${total}`);
  let at = 2;
  const weights = new Map<string, Float32Array>();
  for (const [name, dimensions] of shapes) {
    const values = new Float32Array(words.buffer, at * 4, sizeOf(dimensions));
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw invalid(`number ${bad} of ${name} is ${values[bad]}`);
    weights.set(name, values);
    at += values.length;
  }
  return weights;
}
