/** Losses of a ranker's heads, one number an answer. */
import type * as tfjs from '@tensorflow/tfjs-core';
import type { TensorOps } from '../tensor/tensor-backend.ts';

interface Candidates {
  /** [candidates, dimension]. */
  readonly rows: tfjs.Tensor2D;
  /** Added to the products: a bias less the log of how often the candidate is expected in the sample. */
  readonly offsets: tfjs.Tensor1D;
}

interface Question {
  /** [answers, dimension]. */
  readonly states: tfjs.Tensor2D;
  /** One an answer. */
  readonly target: Candidates;
  readonly others: Candidates;
  /** How often the target is among the others. */
  readonly hits: tfjs.Tensor1D;
}

/** e to the power of more than this would leave float32 when it is summed. */
const mostExponent = 60;

/**
 * Cross-entropy of the softmax over the target and the others, corrected for their sampling (Jean et al., 2015):
 * −log p = log(1 + Σ exp(other − target) − hits). Among the others the target adds e⁰ = 1 each time, and no gradient.
 */
export function sampledCrossEntropy(tf: TensorOps, { states, target, others, hits }: Question): tfjs.Tensor1D {
  const own = tf.add(tf.sum(tf.mul(states, target.rows), 1), target.offsets);
  const logits = tf.add(tf.matMul(states, tf.transpose(others.rows)), others.offsets);
  const ahead = tf.minimum(tf.sub(logits, tf.expandDims(own, 1)), mostExponent);
  return tf.log(tf.maximum(tf.sub(tf.add(tf.sum(tf.exp(ahead), 1), 1), hits), 1)) as tfjs.Tensor1D;
}

/** Of logits against labels of 0 and 1, stable for logits of any size. */
export function binaryCrossEntropy(tf: TensorOps, logits: tfjs.Tensor, labels: tfjs.Tensor): tfjs.Tensor {
  const spread = tf.log(tf.add(tf.exp(tf.neg(tf.abs(logits))), 1));
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, labels)), spread);
}
