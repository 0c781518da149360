/** Logistic regression with L1 and L2 penalties in float64: Newton steps whose quadratic models are solved by coordinates. */
import type { Matrix } from './encoding.ts';

export interface Labelled {
  readonly matrix: Matrix;
  /** 1 or 0. */
  readonly labels: Uint8Array;
  /** Of each row, 0 or more. */
  readonly weights: Float64Array;
}

export interface Penalties {
  /** Factor of Σ|wⱼ|. The intercept is free. */
  readonly l1: number;
  /** Factor of Σwⱼ²/2. */
  readonly l2: number;
}

export interface Logistic {
  readonly intercept: number;
  readonly coefficients: Float64Array;
}

const mostSteps = 100;
const mostSweeps = 1000;
const tolerance = 1e-10;

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** ln(1 + eˣ) without overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * Minimises l1·Σ|w| + l2/2·Σw² + Σ weight·ln(1 + exp(−y·f)), which is scikit-learn's objective with C = 1/penalty
 * (Friedman, Hastie, Tibshirani 2010, "Regularization paths", section 3, and Lee, Sun, Saunders 2014 for the step).
 * O(rows · columns²) a Newton step.
 */
export function fitLogistic(data: Labelled, penalties: Penalties): Logistic {
  const size = data.matrix.columns + 1;
  // The intercept is the last coordinate.
  let at = new Float64Array(size);
  let value = objective(data, at, penalties);
  for (let step = 0; step < mostSteps; step++) {
    const model = quadraticModel(data, at, penalties);
    const towards = solveByCoordinates(model, at, penalties.l1);
    const next = lineSearch(data, { at, towards, value }, penalties);
    if (next === undefined) break;
    const gained = value - next.value;
    ({ at, value } = next);
    if (gained <= tolerance * Math.max(1, Math.abs(value)) * 1e-3) break;
  }
  return { intercept: at[size - 1]!, coefficients: at.slice(0, -1) };
}

/** The logit of each row. */
export function logitsOf({ intercept, coefficients }: Logistic, { rows, columns, values }: Matrix): Float64Array {
  const logits = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let logit = intercept;
    for (let column = 0; column < columns; column++) logit += coefficients[column]! * values[row * columns + column]!;
    logits[row] = logit;
  }
  return logits;
}

function split(at: Float64Array): Logistic {
  return { intercept: at[at.length - 1]!, coefficients: at.subarray(0, -1) };
}

function objective({ matrix, labels, weights }: Labelled, at: Float64Array, { l1, l2 }: Penalties): number {
  const logits = logitsOf(split(at), matrix);
  let sum = 0;
  for (let row = 0; row < labels.length; row++)
    sum += weights[row]! * softplus(labels[row] === 1 ? -logits[row]! : logits[row]!);
  for (const coefficient of at.subarray(0, -1))
    sum += l1 * Math.abs(coefficient) + (l2 / 2) * coefficient * coefficient;
  return sum;
}

interface Quadratic {
  readonly gradient: Float64Array;
  /** Whole, by rows. */
  readonly hessian: Float64Array;
}

/** Of the smooth part at a point. */
function quadraticModel({ matrix, labels, weights }: Labelled, at: Float64Array, { l2 }: Penalties): Quadratic {
  const { rows, columns, values } = matrix;
  const size = columns + 1;
  const logits = logitsOf(split(at), matrix);
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const extended = new Float64Array(size).fill(1);
  for (let row = 0; row < rows; row++) {
    const p = sigmoid(logits[row]!);
    extended.set(values.subarray(row * columns, (row + 1) * columns));
    addRow({ gradient, hessian }, extended, weights[row]! * (p - labels[row]!), weights[row]! * p * (1 - p));
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) hessian[j * size + i] = hessian[i * size + j]!;
    if (i === columns) continue;
    gradient[i]! += l2 * at[i]!;
    hessian[i * size + i]! += l2;
  }
  return { gradient, hessian };
}

/** Into the lower triangle; most columns of a row are 0 where there are categories. */
function addRow({ gradient, hessian }: Quadratic, row: Float64Array, slope: number, curvature: number): void {
  const size = row.length;
  for (let i = 0; i < size; i++) {
    const value = row[i]!;
    if (value === 0) continue;
    gradient[i]! += slope * value;
    const factor = curvature * value;
    for (let j = 0; j <= i; j++) hessian[i * size + j]! += factor * row[j]!;
  }
}

/** The least of gradient·d + d·H·d/2 + l1·|at + d|, one coordinate after another; gives at + d. */
function solveByCoordinates({ gradient, hessian }: Quadratic, at: Float64Array, l1: number): Float64Array {
  const size = at.length;
  const point = at.slice();
  const slopes = gradient.slice();
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let largest = 0;
    for (let i = 0; i < size; i++) {
      const curvature = hessian[i * size + i]!;
      if (curvature <= 0) continue;
      const free = point[i]! - slopes[i]! / curvature;
      const next = i === size - 1 ? free : shrink(free, l1 / curvature);
      const moved = next - point[i]!;
      if (moved === 0) continue;
      point[i] = next;
      largest = Math.max(largest, curvature * moved * moved);
      for (let j = 0; j < size; j++) slopes[j]! += moved * hessian[i * size + j]!;
    }
    if (largest < tolerance * tolerance) break;
  }
  return point;
}

function shrink(value: number, by: number): number {
  return Math.sign(value) * Math.max(0, Math.abs(value) - by);
}

interface Search {
  readonly at: Float64Array;
  readonly towards: Float64Array;
  /** The objective at `at`. */
  readonly value: number;
}

/** Half the way, and half again, until it is better; undefined: it is not. */
function lineSearch(data: Labelled, { at, towards, value }: Search, penalties: Penalties) {
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = at.map((from, place) => from + share * (towards[place]! - from));
    const reached = objective(data, next, penalties);
    if (reached < value) return { at: next, value: reached };
  }
  return undefined;
}
