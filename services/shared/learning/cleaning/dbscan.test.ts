import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitDbscan, isNoise } from './dbscan.ts';
import reference from './fixtures/dbscan.json' with { type: 'json' };

describe('DBSCAN', () => {
  it.each(reference.runs)('has the labels of scikit-learn, radius $radius, $neighbors neighbours', (run) => {
    expect(Array.from(fitDbscan(reference.rows, run).labels)).toEqual(run.labels);
  });

  it('calls noise in the stream what it called noise in the fit', () => {
    for (const run of reference.runs) {
      const { labels, model } = fitDbscan(reference.rows, run);
      expect(reference.rows.map((row) => isNoise(model, row))).toEqual(Array.from(labels, (label) => label === -1));
    }
  });

  it('a row is noise if no core lies within the radius, wherever it is', () => {
    const { model } = fitDbscan(reference.rows, { radius: 0.5 });
    const field = fc.integer({ min: -192, max: 448 }).map((value) => value / 64);
    fc.assert(
      fc.property(field, field, (x, y) => {
        const isNear = model.cores.some(([a, b]) => (a! - x) ** 2 + (b! - y) ** 2 <= 0.25);
        expect(isNoise(model, [x, y])).toBe(!isNear);
      }),
      { numRuns: 500 },
    );
  });

  it('counts a row among its own neighbours, and one at the radius', () => {
    expect(Array.from(fitDbscan([[0], [1], [3]], { radius: 1, neighbors: 2 }).labels)).toEqual([0, 0, -1]);
    expect(Array.from(fitDbscan([[0.1], [0.4], [0.7]], { radius: 0.3, neighbors: 1 }).labels)).toHaveLength(3);
    expect(fitDbscan([], { radius: 1 }).model.cores).toEqual([]);
  });
});
