/** χ² of features against classes. */
import { LikenessError } from '../../errors.ts';
import { chiSquareTail } from '../statistics/gamma.ts';
import { classesOf, type LabelledColumns } from './labelled-columns.ts';

export interface FeatureChiSquare {
  readonly statistic: number;
  readonly p: number;
}

/**
 * For each column how unevenly its sum is spread over the classes, as scikit-learn's `chi2`: values are taken for counts
 * or frequencies. Throws `BadData` if one is negative. A column of zeros says 0.
 */
export function chiSquareScores({ columns, labels }: LabelledColumns): FeatureChiSquare[] {
  const { classOf, counts } = classesOf(labels);
  return columns.map((column, at) => {
    const observed = new Float64Array(counts.length);
    column.forEach((value, row) => {
      if (!(value >= 0))
        throw new LikenessError('BadData', `Chi-square needs values of 0 or more; column ${at} has ${value}`);
      observed[classOf[row]!]! += value;
    });
    const sum = observed.reduce((total, value) => total + value, 0);
    let statistic = 0;
    observed.forEach((value, label) => {
      const expected = (sum * counts[label]!) / labels.length;
      if (expected > 0) statistic += (value - expected) ** 2 / expected;
    });
    return { statistic, p: chiSquareTail(statistic, counts.length - 1) };
  });
}
