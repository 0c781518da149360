/** Class balance of the training rows, and of nothing else: weights, repeated, left out or made rows. */
import { balancedWeights } from '../balance/class-weights.ts';
import { overSample, underSample } from '../balance/resample.ts';
import { smote } from '../balance/smote.ts';
import type { Matrix } from './encoding.ts';
import type { Labelled } from './logistic.ts';

export type Balance = 'None' | 'Weights' | 'Over' | 'Under' | 'Smote';

export function balanceRows(matrix: Matrix, labels: Uint8Array, balance: Balance, seed: number): Labelled {
  if (balance === 'Smote') return withMade(matrix, labels, seed);
  if (balance === 'Over' || balance === 'Under') {
    const rows = (balance === 'Over' ? overSample : underSample)(labels, seed);
    const drawn = Uint8Array.from(rows, (row) => labels[row]!);
    return { matrix: takeRows(matrix, rows), labels: drawn, weights: new Float64Array(rows.length).fill(1) };
  }
  return { matrix, labels, weights: weightsFor(labels, balance) };
}

/** Weights under which rows of a fold that nothing is learned from count as the balanced training rows do. */
export function weightsFor(labels: Uint8Array, balance: Balance): Float64Array {
  if (balance === 'None') return new Float64Array(labels.length).fill(1);
  const weights = balancedWeights(labels);
  return Float64Array.from(labels, (label) => weights.get(label)!);
}

function takeRows({ columns, values }: Matrix, rows: Int32Array): Matrix {
  const taken = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => taken.set(values.subarray(row * columns, (row + 1) * columns), at * columns));
  return { rows: rows.length, columns, values: taken };
}

function withMade({ rows, columns, values }: Matrix, labels: Uint8Array, seed: number): Labelled {
  const known = Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns));
  const made = smote(known, labels, { seed });
  const all = new Float64Array((rows + made.rows.length) * columns);
  all.set(values);
  made.rows.forEach((row, at) => all.set(row, (rows + at) * columns));
  return {
    matrix: { rows: rows + made.rows.length, columns, values: all },
    labels: Uint8Array.from([...labels, ...made.labels]),
    weights: new Float64Array(rows + made.rows.length).fill(1),
  };
}
