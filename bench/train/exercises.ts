/** The two models whose training is timed, with their batches: the ranker of the product, and a network of two layers. */
import { rankerProgram } from '../../services/shared/learning/ranker/program.ts';
import type { Batch, InputShape, TensorProgram } from '../../services/shared/learning/tensor/tensor-backend.ts';
import { seededRandom } from '../random.ts';

export const modelNames = ['ranker', 'mlp'] as const;
export type ModelName = (typeof modelNames)[number];

export interface TimedModel {
  readonly program: TensorProgram;
  readonly initial: ReadonlyMap<string, Float32Array>;
  /** Taken in turn. */
  readonly batches: readonly Batch[];
  /** Examples a batch: histories, or rows. */
  readonly size: number;
  readonly words: string;
}

const batchCount = 4;
const sizes = { items: 20_000, dimension: 64, length: 50, histories: 128, negatives: 256 } as const;
const dropout = 0.2;

type Fill = (name: string, shape: InputShape, random: () => number) => Float32Array | Int32Array;

export function timedModel(name: ModelName): TimedModel {
  return name === 'ranker' ? ranker() : mlp();
}

function ranker(): TimedModel {
  const { items, dimension, length, histories, negatives } = sizes;
  const answers = histories * length;
  const shape = { items, dimension, length, labels: [], categories: [], timeToNext: false };
  const heads = { weight: 0, propensity: [], nextCategory: false, timeToNext: false };
  const settings = { dropout, l1: 0, l2: 0, adversarial: 0, heads };
  const program = rankerProgram({ shape, settings, batch: histories, length, answers, negatives });
  const words = `self-attention, ${items} items, d ${dimension}, length ${length}, ${negatives} negatives, batch ${histories}`;
  return { program, ...filled(program, fillRanker), size: histories, words };
}

const fillRanker: Fill = (name, { shape, dtype }, random) => {
  const length = lengthOf(shape);
  if (dtype === 'int32')
    return Int32Array.from({ length }, (_, at) => (name === 'places' ? at : Math.floor(random() * sizes.items)));
  if (name === 'future') {
    const steps = sizes.length;
    return Float32Array.from({ length }, (_, at) => (at % steps > Math.floor(at / steps) ? -1e9 : 0));
  }
  if (name.startsWith('drop')) return Float32Array.from({ length }, () => (random() < dropout ? 0 : 1 / (1 - dropout)));
  return new Float32Array(length).fill(name === 'weights' ? 1 / length : 0);
};

const layers = [64, 256, 128, 1] as const;
const rows = 512;

function mlp(): TimedModel {
  const [columns, first, second, last] = layers;
  const program: TensorProgram = {
    variables: {
      w0: [columns, first],
      b0: [first],
      w1: [first, second],
      b1: [second],
      w2: [second, last],
      b2: [last],
    },
    inputs: { x: { shape: [rows, columns], dtype: 'float32' }, y: { shape: [rows, 1], dtype: 'float32' } },
    loss(tf, v, { x, y }) {
      const one = tf.relu(tf.add(tf.matMul(x!, v['w0']!), v['b0']!));
      const two = tf.relu(tf.add(tf.matMul(one, v['w1']!), v['b1']!));
      const logits = tf.add(tf.matMul(two, v['w2']!), v['b2']!);
      const spread = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1));
      return tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, y!)), spread));
    },
  };
  const fill: Fill = (name, { shape }, random) =>
    Float32Array.from({ length: lengthOf(shape) }, () => (name === 'y' ? Math.round(random()) : random() * 2 - 1));
  return { program, ...filled(program, fill), size: rows, words: `${layers.join('-')}, batch ${rows}` };
}

function filled(program: TensorProgram, fill: Fill): Pick<TimedModel, 'initial' | 'batches'> {
  const random = seededRandom(1);
  const initial = Object.entries(program.variables).map(([name, shape]) => {
    const scale = shape.length === 2 ? 1 / Math.sqrt(shape[1]!) : 0;
    const middle = name.endsWith('Gain') ? 1 : 0;
    const values = Float32Array.from({ length: lengthOf(shape) }, () => middle + (random() * 2 - 1) * scale);
    return [name, values] as const;
  });
  const inputs = Object.entries(program.inputs);
  const batches = Array.from({ length: batchCount }, () =>
    Object.fromEntries(inputs.map(([name, shape]) => [name, fill(name, shape, random)])),
  );
  return { initial: new Map(initial), batches };
}

const lengthOf = (shape: readonly number[]): number => shape.reduce((product, width) => product * width, 1);
