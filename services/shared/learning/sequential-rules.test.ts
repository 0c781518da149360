import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PairCounts } from './pair-counts.ts';
import type { Sequences } from './sequences.ts';
import { countPairs, fitSequentialRules } from './sequential-rules.ts';

/** One row a profile; a negative number is a step that is no target: -1 - item. */
function sequencesOf(rows: readonly (readonly number[])[]): Sequences {
  const steps = rows.flat();
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, at) => (starts[at + 1] = starts[at]! + row.length));
  return {
    starts,
    items: Uint32Array.from(steps, (step) => (step < 0 ? -1 - step : step)),
    times: Float64Array.from(steps, (_, at) => at),
    targets: Uint8Array.from(steps, (step) => (step < 0 ? 0 : 1)),
  };
}

describe('countPairs', () => {
  it('adds 1/distance for each pair within the window, in order only', () => {
    const counts = new PairCounts(4);
    countPairs(sequencesOf([[0, 1, 2, 3]]), 2, counts);
    expect(counts.get(0, 1)).toBe(1);
    expect(counts.get(0, 2)).toBe(0.5);
    expect(counts.get(0, 3)).toBe(0);
    expect(counts.get(1, 0)).toBe(0);
    expect(counts.pairs).toBe(5);
  });

  it('never pairs across profiles, nor an item with itself, nor towards a step that is no target', () => {
    const counts = new PairCounts(4);
    countPairs(
      sequencesOf([
        [0, 0],
        [1, -3, 3],
      ]),
      10,
      counts,
    );
    expect(counts.pairs).toBe(2);
    expect(counts.get(1, 3)).toBe(0.5);
    expect(counts.get(2, 3)).toBe(1);
  });

  it('adds up: the counters of two shards are those of the whole, to the last bit', () => {
    const rows = fc.array(fc.array(fc.nat(8), { maxLength: 15 }), { maxLength: 12 });
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const [whole, left, right] = [new PairCounts(9, 4), new PairCounts(9, 4), new PairCounts(9, 4)];
        countPairs(sequencesOf([...a, ...b]), 10, whole);
        countPairs(sequencesOf(a), 10, left);
        countPairs(sequencesOf(b), 10, right);
        left.addAll(right.coordinates());
        expect(left.pairs).toBe(whole.pairs);
        for (let i = 0; i < 9; i++) for (let j = 0; j < 9; j++) expect(left.get(i, j)).toBe(whole.get(i, j));
      }),
    );
  });
});

describe('fitSequentialRules', () => {
  it('normalises by the cosine of row and column sums', () => {
    // c: 0→1 1+1, 0→2 1/2, 1→2 1. Row sums: 2.5, 1. Column sums: item 1: 2, item 2: 1.5.
    const counts = new PairCounts(3);
    countPairs(
      sequencesOf([
        [0, 1, 2],
        [0, 1],
      ]),
      10,
      counts,
    );
    const matrix = fitSequentialRules(counts, { keep: 512 });
    const row = new Float64Array(3);
    matrix.addRow(0, 1, row);
    expect(row[1]).toBeCloseTo(2 / Math.sqrt(2.5 * 2), 6);
    expect(row[2]).toBeCloseTo(0.5 / Math.sqrt(2.5 * 1.5), 6);
    expect(matrix.addRow(2, 1, row)).toBe(false);
  });

  it('gives the same rules however few are worked on at once, under the numbers that are asked for', () => {
    const rows = fc.array(fc.array(fc.nat(8), { maxLength: 15 }), { maxLength: 12 });
    const order = Uint32Array.of(3, 8, 0, 5, 1, 7, 2, 6, 4);
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 30 }), (all, atOnce) => {
        const [plain, numbered] = [new PairCounts(9), new PairCounts(1000)];
        countPairs(sequencesOf(all.map((row) => row.map((item) => order[item]!))), 10, plain);
        countPairs(sequencesOf(all), 10, numbered);
        const made = fitSequentialRules(numbered, { keep: 3, size: 9, indexOf: order, atOnce });
        expect(made).toEqual(fitSequentialRules(plain, { keep: 3 }));
      }),
    );
  });
});
