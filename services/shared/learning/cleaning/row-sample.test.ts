import { expect, it } from 'vitest';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { RowSample, rowsKept } from './row-sample.ts';

const count = 3 * rowsKept;
const uniform = seededUniform(5);
const rows = Array.from({ length: count }, (_, at) => ({
  hash: [Math.floor(uniform() * 2 ** 32), at] as [number, number],
  row: [at],
}));
const sampleOf = (some: typeof rows): RowSample => {
  const sample = new RowSample();
  for (const { hash, row } of some) sample.add(hash, row);
  return sample;
};

it('is that of all rows, in any order and any parts, each event once', () => {
  const smallest = rows.toSorted((a, b) => a.hash[0] - b.hash[0] || a.hash[1] - b.hash[1]).slice(0, rowsKept);
  const whole = sampleOf(rows);
  expect(whole.rows()).toEqual(smallest.map(({ row }) => row));
  const parts = sampleOf([...rows.slice(count / 2).reverse(), ...rows.slice(count / 3)]);
  parts.merge(JSON.parse(JSON.stringify(sampleOf(rows.slice(0, count / 2)).store())));
  expect(parts.rows()).toEqual(whole.rows());
});

it('is all there is while that is little', () => {
  const few = rows.slice(0, 10);
  const sample = sampleOf([...few, ...few]);
  expect(new Set(sample.rows().map(([at]) => at))).toEqual(new Set(few.map(({ row }) => row[0])));
  expect(sample.rows()).toHaveLength(10);
});
