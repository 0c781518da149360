/** The further heads of a ranker: propensity by label, next category, time to the next target event. */
import type * as tfjs from '@tensorflow/tfjs-core';
import type { TensorOps, Tensors } from '../tensor/tensor-backend.ts';
import { binaryCrossEntropy, sampledCrossEntropy } from './losses.ts';
import type { RankerSettings } from './settings.ts';
import type { RankerShape } from './shape.ts';

interface Heads {
  readonly variables: Tensors;
  readonly inputs: Tensors;
  /** [answers, dimension]. */
  readonly states: tfjs.Tensor2D;
  readonly options: { readonly shape: RankerShape; readonly settings: Pick<RankerSettings, 'heads'> };
}

/** One scalar a head, by its share of the heads' weight. */
export function headsLoss(tf: TensorOps, heads: Heads): tfjs.Tensor[] {
  const { labels, categories, timeToNext } = heads.options.shape;
  const losses = [
    ...(labels.length > 0 ? [propensityLoss(tf, heads)] : []),
    ...(categories.length > 0 ? [categoryLoss(tf, heads)] : []),
    ...(timeToNext ? [timeLoss(tf, heads)] : []),
  ];
  const { weight } = heads.options.settings.heads;
  return losses.map((loss) => tf.mul(loss, weight / losses.length));
}

/** Binary cross-entropy. */
function propensityLoss(tf: TensorOps, { variables: v, inputs, states }: Heads): tfjs.Tensor {
  const logits = tf.add(tf.matMul(states, v['propensity'] as tfjs.Tensor2D), v['propensityBias']!);
  return tf.sum(tf.mul(binaryCrossEntropy(tf, logits, inputs['labels']!), inputs['labelWeights']!));
}

/** Cross-entropy over all categories. */
function categoryLoss(tf: TensorOps, { variables, inputs, states }: Heads): tfjs.Tensor {
  const [rows, offsets] = [variables['categories'] as tfjs.Tensor2D, variables['categoryBias'] as tfjs.Tensor1D];
  const category = inputs['category'] as tfjs.Tensor1D;
  const target = { rows: tf.gather(rows, category), offsets: tf.gather(offsets, category) };
  // All of them are the others, in the same order at each answer: the target is one of them.
  const hits = tf.ones([category.shape[0]]) as tfjs.Tensor1D;
  const others = { rows, offsets };
  return tf.sum(tf.mul(sampledCrossEntropy(tf, { states, target, others, hits }), inputs['categoryWeights']!));
}

/** Mean squared error of the logarithm of 1 + seconds. */
function timeLoss(tf: TensorOps, { variables: v, inputs, states }: Heads): tfjs.Tensor {
  const foreseen = tf.add(tf.matMul(states, v['time'] as tfjs.Tensor2D), v['timeBias']!);
  return tf.sum(tf.mul(tf.square(tf.sub(foreseen, inputs['time']!)), inputs['timeWeights']!));
}
