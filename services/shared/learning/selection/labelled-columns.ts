/** What a choice of features is made from: columns of numbers, and a class for each row. */

export interface LabelledColumns {
  /** One array a feature, all as long as `labels`, finite. */
  readonly columns: readonly Float64Array[];
  /** The class of each row; any numbers, equal ones are one class. */
  readonly labels: ArrayLike<number>;
}

export interface Classes {
  /** Each row's class as an index into `counts`. */
  readonly classOf: Int32Array;
  readonly counts: readonly number[];
}

export function classesOf(labels: ArrayLike<number>): Classes {
  const indexOf = new Map<number, number>();
  const counts: number[] = [];
  const classOf = Int32Array.from(labels, (label) => {
    const known = indexOf.get(label);
    const index = known ?? counts.length;
    if (known === undefined) {
      indexOf.set(label, index);
      counts.push(0);
    }
    counts[index]!++;
    return index;
  });
  return { classOf, counts };
}
