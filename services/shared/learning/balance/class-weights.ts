/** Class weights: rows of rare classes count more in training. */
import { classesOf } from '../selection/labelled-columns.ts';

/** rows / (classes · rows of the class), scikit-learn's `balanced`: the weights of all rows add up to their number. */
export function balancedWeights(labels: ArrayLike<number>): Map<number, number> {
  const { counts, classOf } = classesOf(labels);
  const weights = new Map<number, number>();
  classOf.forEach((index, row) => weights.set(labels[row]!, labels.length / (counts.length * counts[index]!)));
  return weights;
}
