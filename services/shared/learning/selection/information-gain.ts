/** Information gain: how many nats of the class a feature tells, once its values are put into bins. */
import { locator, numericBins } from '../sketch/bins.ts';
import { quantileOf } from '../statistics/quantiles.ts';
import { classesOf, type LabelledColumns } from './labelled-columns.ts';

/**
 * H(class) − H(class | feature) in nats (Quinlan 1986, there in bits), each column in `bins` bins of equal shares. Never
 * negative.
 */
export function informationGains({ columns, labels }: LabelledColumns, bins = 10): number[] {
  return columns.map((column) => {
    const sorted = Float64Array.from(column).sort();
    const locate = locator(numericBins((fraction) => quantileOf(sorted, fraction), bins, []));
    return discreteInformation(Array.from(column, locate), labels);
  });
}

/** The mutual information of two discrete variables in nats, from their counts. */
export function discreteInformation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const [a, b] = [classesOf(left), classesOf(right)];
  const joint = new Float64Array(a.counts.length * b.counts.length);
  a.classOf.forEach((index, row) => (joint[index * b.counts.length + b.classOf[row]!]! += 1));
  let information = 0;
  joint.forEach((count, cell) => {
    if (count === 0) return;
    const expected = a.counts[Math.floor(cell / b.counts.length)]! * b.counts[cell % b.counts.length]!;
    information += (count / left.length) * Math.log((count * left.length) / expected);
  });
  return Math.max(0, information);
}
