/** The programs that every tensor backend must train alike, small: an MLP, and self-attention with sampled softmax. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type {
  Batch,
  TensorOps,
  TensorProgram,
  Tensors,
} from '../../../services/shared/learning/tensor/tensor-backend.ts';
import { seededUniform } from '../../../services/shared/learning/statistics/mersenne-twister.ts';

export interface Exercise {
  readonly program: TensorProgram;
  readonly initial: () => Map<string, Float32Array>;
  /** The batch of step n; the same for the same n. */
  readonly batch: (step: number) => Batch;
}

const batchSize = 16;

function initialOf(program: TensorProgram, seed: number): Map<string, Float32Array> {
  const random = seededUniform(seed);
  return new Map(
    Object.entries(program.variables).map(([name, shape]) => {
      const size = shape.reduce((product, width) => product * width, 1);
      return [name, Float32Array.from({ length: size }, () => (random() - 0.5) * 0.4)];
    }),
  );
}

const mlp: TensorProgram = {
  variables: { hidden: [6, 12], hiddenBias: [12], out: [12, 1], outBias: [1] },
  inputs: {
    x: { shape: [batchSize, 6], dtype: 'float32' },
    keep: { shape: [batchSize, 12], dtype: 'float32' },
    label: { shape: [batchSize, 1], dtype: 'float32' },
  },
  loss(tf, v, { x, keep, label }) {
    const hidden = tf.mul(tf.relu(tf.add(tf.matMul(x!, v['hidden']!), v['hiddenBias']!)), keep!);
    const logit = tf.add(tf.matMul(hidden, v['out']!), v['outBias']!);
    const penalty = tf.mul(1e-3, tf.sum(tf.square(v['hidden']!)));
    return tf.add(crossEntropy(tf, logit, label!), penalty);
  },
};

/** Stable for logits of any size. */
function crossEntropy(tf: TensorOps, logit: Tensor, label: Tensor): Scalar {
  const spread = tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(logit)))));
  return tf.mean(tf.add(tf.sub(tf.relu(logit), tf.mul(logit, label)), spread));
}

export const mlpExercise: Exercise = {
  program: mlp,
  initial: () => initialOf(mlp, 7),
  batch(step) {
    const random = seededUniform(1000 + step);
    const x = Float32Array.from({ length: batchSize * 6 }, () => random() * 2 - 1);
    const keep = Float32Array.from({ length: batchSize * 12 }, () => (random() < 0.2 ? 0 : 1.25));
    const label = Float32Array.from({ length: batchSize }, (_, row) => (x[row * 6]! > x[row * 6 + 1]! ? 1 : 0));
    return { x, keep, label };
  },
};

const items = 40;
const width = 8;
const heads = 2;
const length = 5;
const negatives = 6;

const attention: TensorProgram = {
  variables: {
    items: [items, width],
    places: [length, width],
    query: [width, width],
    key: [width, width],
    value: [width, width],
    gain: [width],
    shift: [width],
  },
  inputs: {
    history: { shape: [batchSize, length], dtype: 'int32' },
    next: { shape: [batchSize * length], dtype: 'int32' },
    sampled: { shape: [negatives], dtype: 'int32' },
    mask: { shape: [length, length], dtype: 'float32' },
  },
  loss(tf, v, inputs) {
    const states = encode(tf, v, inputs);
    const right = tf.sum(tf.mul(states, tf.gather(v['items']!, inputs['next']!)), -1, true);
    const wrong = tf.matMul(states, tf.gather(v['items']!, inputs['sampled']!), false, true);
    return tf.neg(tf.mean(tf.slice(tf.logSoftmax(tf.concat([right, wrong], 1)), [0, 0], [-1, 1])));
  },
};

/** One block of causal self-attention with a norm: [batch, length] items to [batch · length, width]. */
function encode(tf: TensorOps, v: Tensors, { history, mask }: Tensors): Tensor {
  const rows = batchSize * length;
  const x = tf.reshape(tf.add(tf.gather(v['items']!, history!), v['places']!), [rows, width]);
  const split = (weights: Tensor): Tensor =>
    tf.transpose(tf.reshape(tf.matMul(x, weights), [batchSize, length, heads, width / heads]), [0, 2, 1, 3]);
  const scores = tf.matMul(split(v['query']!), split(v['key']!), false, true);
  const weights = tf.softmax(tf.add(tf.div(scores, Math.sqrt(width / heads)), mask!));
  const mixed = tf.reshape(tf.transpose(tf.matMul(weights, split(v['value']!)), [0, 2, 1, 3]), [rows, width]);
  return norm(tf, tf.add(x, mixed), v);
}

function norm(tf: TensorOps, x: Tensor, v: Tensors): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5));
  return tf.add(tf.mul(tf.mul(centred, scale), v['gain']!), v['shift']!);
}

export const attentionExercise: Exercise = {
  program: attention,
  initial: () => initialOf(attention, 11),
  batch(step) {
    const random = seededUniform(2000 + step);
    const history = Int32Array.from({ length: batchSize * length }, () => Math.floor(random() * items));
    const next = history.map((item) => (item + 1) % items);
    const sampled = Int32Array.from({ length: negatives }, () => Math.floor(random() * items));
    const mask = Float32Array.from({ length: length * length }, (_, at) =>
      at % length > Math.floor(at / length) ? -1e9 : 0,
    );
    return { history, next, sampled, mask };
  },
};

/** An adversarial step: the gradient at the point to which the loss's own gradient pushes the input weights. */
export const adversarialExercise: Exercise = {
  ...mlpExercise,
  program: {
    ...mlp,
    gradients(tf, variables, inputs) {
      const names = Object.keys(variables);
      const values = names.map((name) => variables[name]!);
      const named = (list: readonly Tensor[]) => Object.fromEntries(names.map((name, at) => [name, list[at]!]));
      const at = tf.valueAndGrads((...list: Tensor[]) => mlp.loss(tf, named(list), inputs));
      const slope = named(at(values).grads)['hidden']!;
      const pushed = tf.add(variables['hidden']!, tf.mul(0.1, tf.div(slope, tf.add(tf.norm(slope), 1e-12))));
      const found = at(names.map((name) => (name === 'hidden' ? pushed : variables[name]!)));
      return { loss: found.value as Scalar, of: named(found.grads) };
    },
  },
};
