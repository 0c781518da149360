/** Random over- and under-sampling: as many rows of each class, by repeating or by leaving out. For training only. */
import { nextUpTo, startTwister } from '../statistics/mersenne-twister.ts';

/**
 * Row numbers: all, and then rows of the smaller classes drawn again (with replacement) until each has as many as the
 * largest. The draw is imbalanced-learn's `RandomOverSampler` of the same seed.
 */
export function overSample(labels: ArrayLike<number>, seed: number): Int32Array {
  const random = startTwister(seed);
  const classes = rowsByClass(labels);
  const most = Math.max(0, ...classes.map((rows) => rows.length));
  const added = classes.flatMap((rows) =>
    Array.from({ length: most - rows.length }, () => rows[nextUpTo(random, rows.length - 1)]!),
  );
  return Int32Array.from([...labelIndices(labels), ...added]);
}

/**
 * Row numbers, class by class: of each class as many, drawn without replacement, as the smallest has. The draw is
 * imbalanced-learn's `RandomUnderSampler` of the same seed.
 */
export function underSample(labels: ArrayLike<number>, seed: number): Int32Array {
  const random = startTwister(seed);
  const classes = rowsByClass(labels);
  const least = Math.min(...classes.map((rows) => rows.length));
  return Int32Array.from(
    classes.flatMap((rows) => {
      if (rows.length === least) return rows;
      const order = rows.slice();
      for (let at = order.length - 1; at > 0; at--) {
        const other = nextUpTo(random, at);
        [order[at], order[other]] = [order[other]!, order[at]!];
      }
      return order.slice(0, least);
    }),
  );
}

/** The rows of each class, classes ascending. */
export function rowsByClass(labels: ArrayLike<number>): number[][] {
  const rowsOf = new Map<number, number[]>();
  for (const row of labelIndices(labels)) {
    const rows = rowsOf.get(labels[row]!);
    if (rows === undefined) rowsOf.set(labels[row]!, [row]);
    else rows.push(row);
  }
  return [...rowsOf].sort(([a], [b]) => a - b).map(([, rows]) => rows);
}

function labelIndices(labels: ArrayLike<number>): number[] {
  return Array.from({ length: labels.length }, (_, row) => row);
}
