/** SMOTE: new rows of the smaller classes, between a row and one of its neighbours. For training only. */
import { LikenessError } from '../../errors.ts';
import { nextUniform, nextUpTo, startTwister } from '../statistics/mersenne-twister.ts';
import { squaredDistance } from '../statistics/squared-distance.ts';
import { rowsByClass } from './resample.ts';

export interface SmoteOptions {
  /** k: nearest rows of the same class. */
  readonly neighbors?: number;
  readonly seed: number;
}

export interface SyntheticRows {
  readonly rows: readonly Float64Array[];
  readonly labels: readonly number[];
}

type Rows = readonly ArrayLike<number>[];

/**
 * Only the new rows, so many that each class has as many as the largest: x + u · (neighbour − x), u uniform in [0, 1)
 * (Chawla and others 2002, section 4.2), drawn as imbalanced-learn's `SMOTE` of the same seed. Scale the fields first:
 * neighbours are by Euclidean distance. Throws `BadData` where a class has no more rows than `neighbors`. Quadratic in the
 * rows of a class.
 */
export function smote(rows: Rows, labels: ArrayLike<number>, { neighbors = 5, seed }: SmoteOptions): SyntheticRows {
  const classes = rowsByClass(labels);
  const most = Math.max(0, ...classes.map((own) => own.length));
  const made = classes.flatMap((own) => {
    const label = labels[own[0]!]!;
    if (own.length === most) return [];
    if (own.length <= neighbors) {
      throw new LikenessError(
        'BadData',
        `SMOTE needs more than ${neighbors} rows of a class; class ${label} has ${own.length}. Collect more, or use weights`,
      );
    }
    return between(
      own.map((row) => rows[row]!),
      most - own.length,
      { neighbors, seed },
    ).map((row) => ({ row, label }));
  });
  return { rows: made.map(({ row }) => row), labels: made.map(({ label }) => label) };
}

function between(own: Rows, count: number, { neighbors, seed }: Required<SmoteOptions>): Float64Array[] {
  const near = own.map((_, at) => nearest(own, at, neighbors));
  const random = startTwister(seed);
  const pairs = Array.from({ length: count }, () => nextUpTo(random, own.length * neighbors - 1));
  return pairs.map((pair) => {
    const start = Math.floor(pair / neighbors);
    const end = own[near[start]![pair % neighbors]!]!;
    const step = nextUniform(random);
    return Float64Array.from(own[start]!, (value, field) => value + step * (end[field]! - value));
  });
}

/** Indices of the nearest other rows, the nearest first. */
function nearest(own: Rows, at: number, count: number): number[] {
  const from = own[at]!;
  return own
    .map((row, index) => ({ index, distance: squaredDistance(row, from) }))
    .filter(({ index }) => index !== at)
    .sort((a, b) => a.distance - b.distance || a.index - b.index)
    .slice(0, count)
    .map(({ index }) => index);
}
