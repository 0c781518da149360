/** A program of many operations, so that their kernels, gradients and attributes are alike on every tensor backend. */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorOps, TensorProgram } from '../../../services/shared/learning/tensor/tensor-backend.ts';
import { seededUniform } from '../../../services/shared/learning/statistics/mersenne-twister.ts';
import type { Exercise } from './programs.ts';

const width = 4;

const smooth = (tf: TensorOps, x: Tensor): Tensor[] => [
  tf.sigmoid(x),
  tf.tanh(x),
  tf.softplus(x),
  tf.elu(x),
  tf.selu(x),
  tf.expm1(x),
  tf.log1p(tf.square(x)),
  tf.sqrt(tf.add(tf.square(x), 1)),
  tf.pow(x, 2),
  tf.logSoftmax(x),
  tf.logSumExp(x, 1),
  tf.cumsum(x, 1),
  tf.moments(x, 1).variance,
  tf.norm(x),
  tf.max(x, 1),
  tf.min(x, 0),
  tf.mean(x, 0),
];

const bent = (tf: TensorOps, x: Tensor): Tensor[] => [
  tf.abs(x),
  tf.leakyRelu(x),
  tf.clipByValue(x, -0.1, 0.1),
  tf.maximum(x, 0.05),
  tf.minimum(x, 0.3),
];

const shaping = (tf: TensorOps, x: Tensor2D): Tensor[] => [
  tf.concat([x, x], 1),
  tf.stack([x, x]),
  tf.unstack(x)[1]!,
  tf.split(x, 2, 1)[0]!,
  tf.tile(x, [2, 1]),
  tf.pad(x, [
    [1, 1],
    [0, 0],
  ]),
  tf.slice(x, [0, 1], [-1, 2]),
  tf.squeeze(tf.expandDims(x, 1)),
  tf.transpose(x),
  tf.reverse(x, 1),
  tf.broadcastTo(tf.expandDims(x, 0), [3, width, width]),
  tf.addN([x, x]),
];

const indexed = (tf: TensorOps, x: Tensor2D, rows: Tensor1D): Tensor[] => {
  const deep = tf.expandDims(x, 0);
  return [
    tf.gather(x, rows, 1),
    tf.unsortedSegmentSum(tf.gather(x, rows), rows, width),
    tf.losses.softmaxCrossEntropy(tf.oneHot(rows, width), tf.gather(x, rows)),
    tf.matMul(deep, deep, false, true),
    tf.matMul(deep, deep, true, false),
    tf.matMul(deep, deep, true, true),
  ];
};

const program: TensorProgram = {
  variables: { x: [width, width] },
  inputs: { rows: { shape: [width], dtype: 'int32' } },
  loss(tf, variables, inputs) {
    const x = variables['x'] as Tensor2D;
    const rows = inputs['rows'] as Tensor1D;
    const results = [...smooth(tf, x), ...bent(tf, x), ...shaping(tf, x), ...indexed(tf, x, rows)];
    return tf.addN(results.map((result) => tf.sum(tf.square(result)))) as Scalar;
  },
};

export const operationsExercise: Exercise = {
  program,
  initial: () => new Map([['x', Float32Array.from({ length: width * width }, (_, at) => 0.9 * Math.sin(7 * at))]]),
  batch(step) {
    const random = seededUniform(3000 + step);
    return { rows: Int32Array.from({ length: width }, () => Math.floor(random() * width)) };
  },
};
