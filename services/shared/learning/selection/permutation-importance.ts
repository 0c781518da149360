/** Permutation importance: what a model's score loses when one feature's values are shuffled between the rows. */

/** A model on a hold-out: the greater the better, such as ROC-AUC. Must not keep or change the columns. */
export type ScoreColumns = (columns: readonly Float64Array[]) => number;

export interface ImportanceOptions {
  /** Shuffles of each feature. */
  readonly repeats?: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Importance {
  /** Mean loss of score over the shuffles; negative where shuffling helped. */
  readonly mean: number;
  /** Population deviation over the shuffles. */
  readonly deviation: number;
}

/** Breiman 2001, "Random forests", section 10. Calls `score` 1 + repeats · columns times, one column copied at a time. */
export function permutationImportance(
  columns: readonly Float64Array[],
  score: ScoreColumns,
  { repeats = 5, random }: ImportanceOptions,
): Importance[] {
  const whole = score(columns);
  return columns.map((column, at) => {
    const losses = Array.from({ length: repeats }, () => {
      const shuffled = column.slice();
      shuffle(shuffled, random);
      return whole - score(columns.with(at, shuffled));
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    return { mean, deviation: Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / repeats) };
  });
}

/** Fisher and Yates, in place. */
function shuffle(values: Float64Array, random: () => number): void {
  for (let at = values.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [values[at], values[other]] = [values[other]!, values[at]!];
  }
}
