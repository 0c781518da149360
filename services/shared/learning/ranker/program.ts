/** The ranker as a program of tensors: next item by sampled softmax, further heads on the same trunk, all penalties. */
import type * as tfjs from '@tensorflow/tfjs-core';
import type { InputShape, TensorOps, TensorProgram, Tensors } from '../tensor/tensor-backend.ts';
import { headsLoss } from './heads.ts';
import { sampledCrossEntropy } from './losses.ts';
import type { RankerSettings } from './settings.ts';
import { normEpsilon, variableShapes, type RankerShape } from './shape.ts';

export interface ProgramOptions {
  readonly shape: RankerShape;
  readonly settings: Pick<RankerSettings, 'dropout' | 'l1' | 'l2' | 'adversarial' | 'heads'>;
  /** Histories a batch. */
  readonly batch: number;
  /** Steps of a history in a batch, at most the shape's length. */
  readonly length: number;
  /** Answers a batch: steps of its histories after which something is foreseen. */
  readonly answers: number;
  /** Items that each answer is held against. */
  readonly negatives: number;
}

const masks = ['dropEmbedding', 'dropAttention', 'dropOutput'] as const;

export function rankerProgram(options: ProgramOptions): TensorProgram {
  const { settings } = options;
  const loss = (tf: TensorOps, variables: Tensors, inputs: Tensors): tfjs.Scalar => {
    const states = answerStates(tf, variables, inputs, options);
    const parts = [
      nextItemLoss(tf, variables, inputs, states),
      ...headsLoss(tf, { variables, inputs, states, options }),
    ];
    return tf.addN([...parts, ...penalties(tf, variables, settings)]) as tfjs.Scalar;
  };
  return {
    variables: variableShapes(options.shape),
    inputs: inputShapes(options),
    loss,
    ...(settings.adversarial > 0 && {
      gradients: (tf: TensorOps, variables: Tensors, inputs: Tensors) =>
        adversarialGradients(tf, { variables, epsilon: settings.adversarial, loss: (own) => loss(tf, own, inputs) }),
    }),
  };
}

function inputShapes({
  shape,
  settings,
  batch,
  length,
  answers,
  negatives,
}: ProgramOptions): Record<string, InputShape> {
  const floats = (...dimensions: number[]): InputShape => ({ shape: dimensions, dtype: 'float32' });
  const integers = (...dimensions: number[]): InputShape => ({ shape: dimensions, dtype: 'int32' });
  const { labels, categories, timeToNext, dimension } = shape;
  return {
    history: integers(batch, length),
    future: floats(length, length),
    ...(settings.dropout > 0 && Object.fromEntries(masks.map((mask) => [mask, floats(batch, 1, dimension)]))),
    places: integers(answers),
    targets: integers(answers),
    targetOffsets: floats(answers),
    weights: floats(answers),
    hits: floats(answers),
    negatives: integers(negatives),
    negativeOffsets: floats(negatives),
    ...(labels.length > 0 && { labels: floats(answers, labels.length), labelWeights: floats(answers, labels.length) }),
    ...(categories.length > 0 && { category: integers(answers), categoryWeights: floats(answers) }),
    ...(timeToNext && { time: floats(answers, 1), timeWeights: floats(answers, 1) }),
  };
}

/** The states of the steps after which something is foreseen, [answers, dimension]. */
function answerStates(tf: TensorOps, v: Tensors, inputs: Tensors, options: ProgramOptions): tfjs.Tensor2D {
  const { batch, length, shape } = options;
  const { dimension } = shape;
  const rows = batch * length;
  const flat = (x: tfjs.Tensor): tfjs.Tensor2D => tf.reshape(x, [rows, dimension]);
  const deep = (x: tfjs.Tensor): tfjs.Tensor3D => tf.reshape(x, [batch, length, dimension]);
  const dropped = (x: tfjs.Tensor, mask: (typeof masks)[number]): tfjs.Tensor =>
    inputs[mask] === undefined ? x : tf.mul(x, inputs[mask]);
  const norm = (x: tfjs.Tensor, at: 1 | 2 | 3): tfjs.Tensor2D =>
    normalised(tf, flat(x), v[`norm${at}Gain`]!, v[`norm${at}Bias`]!);
  const embedded = deep(tf.gather(v['items']!, tf.reshape(inputs['history']!, [rows])));
  const positions = tf.slice(v['positions']!, [0, 0], [length, dimension]);
  const x = dropped(tf.add(tf.mul(embedded, Math.sqrt(dimension)), positions), 'dropEmbedding');
  const normed = norm(x, 1);
  const side = (name: string): tfjs.Tensor3D => deep(tf.matMul(normed, v[name] as tfjs.Tensor2D));
  const products = tf.matMul(side('query'), tf.transpose(side('key'), [0, 2, 1]));
  const attention = tf.softmax(tf.add(tf.mul(products, 1 / Math.sqrt(dimension)), inputs['future']!));
  const attended = tf.add(x, dropped(tf.matMul(attention, side('value')), 'dropAttention'));
  const hidden = tf.relu(tf.add(tf.matMul(norm(attended, 2), v['hidden'] as tfjs.Tensor2D), v['hiddenBias']!));
  const output = deep(tf.add(tf.matMul(hidden as tfjs.Tensor2D, v['output'] as tfjs.Tensor2D), v['outputBias']!));
  const all = norm(tf.add(attended, dropped(output, 'dropOutput')), 3);
  return tf.gather(all, inputs['places']! as tfjs.Tensor1D);
}

function normalised(tf: TensorOps, x: tfjs.Tensor2D, gain: tfjs.Tensor, bias: tfjs.Tensor): tfjs.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, normEpsilon))), gain), bias);
}

function nextItemLoss(tf: TensorOps, v: Tensors, inputs: Tensors, states: tfjs.Tensor2D): tfjs.Tensor {
  const side = (items: tfjs.Tensor, offsets: tfjs.Tensor) => ({
    rows: tf.gather(v['items'] as tfjs.Tensor2D, items as tfjs.Tensor1D),
    offsets: tf.add(tf.gather(v['itemBias'] as tfjs.Tensor1D, items as tfjs.Tensor1D), offsets) as tfjs.Tensor1D,
  });
  const losses = sampledCrossEntropy(tf, {
    states,
    target: side(inputs['targets']!, inputs['targetOffsets']!),
    others: side(inputs['negatives']!, inputs['negativeOffsets']!),
    hits: inputs['hits'] as tfjs.Tensor1D,
  });
  return tf.sum(tf.mul(losses, inputs['weights']!));
}

/** Over embeddings and kernels; biases and norms are free. */
function penalties(tf: TensorOps, variables: Tensors, { l1, l2 }: { readonly l1: number; readonly l2: number }) {
  const penalised = Object.values(variables).filter(({ rank }) => rank === 2);
  const total = (measure: (x: tfjs.Tensor) => tfjs.Tensor): tfjs.Tensor =>
    tf.addN(penalised.map((x) => tf.sum(measure(x))));
  return [
    ...(l1 > 0
      ? [
          tf.mul(
            total((x) => tf.abs(x)),
            l1,
          ),
        ]
      : []),
    ...(l2 > 0
      ? [
          tf.mul(
            total((x) => tf.square(x)),
            l2,
          ),
        ]
      : []),
  ];
}

interface Adversary {
  readonly variables: Tensors;
  /** Length of the step on the embeddings. */
  readonly epsilon: number;
  readonly loss: (variables: Tensors) => tfjs.Scalar;
}

/**
 * Fast gradient method (Miyato, Dai and Goodfellow, 2017): the loss, plus the loss where the embeddings have gone a step
 * of length epsilon along its gradient, which is held constant.
 */
function adversarialGradients(tf: TensorOps, { variables, epsilon, loss }: Adversary) {
  const names = Object.keys(variables);
  const descend = tf.valueAndGrads((...values: tfjs.Tensor[]) =>
    loss(Object.fromEntries(names.map((name, at) => [name, values[at]!]))),
  );
  const given = names.map((name) => variables[name]!);
  const plain = descend(given);
  const embeddings = names.indexOf('items');
  const gradient = plain.grads[embeddings]!;
  const length = tf.sqrt(tf.add(tf.sum(tf.square(gradient)), 1e-20));
  const moved = tf.add(given[embeddings]!, tf.mul(tf.div(gradient, length), epsilon));
  const hard = descend(given.map((value, at) => (at === embeddings ? moved : value)));
  const of = Object.fromEntries(names.map((name, at) => [name, tf.add(plain.grads[at]!, hard.grads[at]!)]));
  return { loss: tf.add(plain.value, hard.value) as tfjs.Scalar, of };
}
