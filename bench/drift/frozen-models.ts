/** Two small classifiers that are fitted once and then serve unchanged, as a model in production does until it is replaced. */
import type { LabelledRow } from './streams.ts';

export type Classify = (values: readonly number[]) => 0 | 1;

/** Logistic regression by plain gradient descent on fields scaled to deviation 1. */
export function fitLogistic(rows: readonly LabelledRow[]): Classify {
  const fields = rows[0]!.values.length;
  const scales = Array.from({ length: fields }, (_, field) => scaleOf(rows.map(({ values }) => values[field]!)));
  const inputs = rows.map(({ values }) => [1, ...values.map((value, field) => scales[field]!(value))]);
  const weights = Array.from<number>({ length: fields + 1 }).fill(0);
  for (let step = 0; step < 300; step++) {
    const gradient = weights.map(() => 0);
    inputs.forEach((input, row) => {
      const error = rows[row]!.label - 1 / (1 + Math.exp(-dot(weights, input)));
      input.forEach((value, at) => (gradient[at]! += error * value));
    });
    gradient.forEach((value, at) => (weights[at]! += (2 * value) / rows.length));
  }
  return (values) => (dot(weights, [1, ...values.map((value, field) => scales[field]!(value))]) > 0 ? 1 : 0);
}

/** The commoner label of each combination of values; 0 of one that was not there. */
export function fitTable(rows: readonly LabelledRow[]): Classify {
  const ones = new Map<string, number>();
  for (const { values, label } of rows) {
    const key = values.join();
    ones.set(key, (ones.get(key) ?? 0) + (label === 1 ? 1 : -1));
  }
  return (values) => ((ones.get(values.join()) ?? 0) > 0 ? 1 : 0);
}

function scaleOf(values: readonly number[]): (value: number) => number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  return (value) => (value - mean) / deviation;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0);
}
