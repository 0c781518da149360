import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PairCounts } from './pair-counts.ts';
import { pairHash } from './pair-table.ts';

const among = (items: number, maxLength: number) => {
  const number = fc.nat(items - 1);
  return fc.array(fc.tuple(number, number, fc.constantFrom(-1, 0.5, 1)), { maxLength, size: 'max' });
};

/** Of few items, whose square is soon less than a table; then of more, and of so many that it is not any more. */
const additions = fc.tuple(among(10, 200), among(14, 20), among(40, 40), among(2 ** 26, 5)).map((each) => each.flat());

test('counters hold what was added to each pair, wherever they lie', () => {
  fc.assert(
    fc.property(additions, (added) => {
      const counts = new PairCounts(2 ** 26, 4);
      const wanted = new Map<string, number>();
      for (const [row, column, amount] of added) {
        counts.add(row, column, amount);
        const key = `${row} ${column}`;
        wanted.set(key, (wanted.get(key) ?? 0) + amount);
      }
      for (const [key, value] of wanted) {
        const [row, column] = key.split(' ').map(Number) as [number, number];
        expect(counts.get(row, column)).toBe(value);
        if (value === 0) wanted.delete(key);
      }
      expect(counts.get(2 ** 26 - 1, 11)).toBe(wanted.get(`${2 ** 26 - 1} 11`) ?? 0);
      const { rows, columns, values } = counts.coordinates();
      expect(new Map(Array.from(values, (value, at) => [`${rows[at]} ${columns[at]}`, value]))).toEqual(wanted);
      expect(counts.pairs).toBe(wanted.size);
    }),
    { numRuns: 100 },
  );
});

test('pairs of neighbouring numbers are spread over a table as chance would spread them', () => {
  const slots = new Set<number>();
  for (let row = 0; row < 256; row++)
    for (let column = 0; column < 256; column++) slots.add(pairHash(row, column) & 65_535);
  // 65,536 pairs in as many slots: 1 - 1/e of these are hit.
  expect(slots.size / 65_536).toBeGreaterThan(0.62);
});
