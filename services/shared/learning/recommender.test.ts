import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topN } from './recommender.ts';

describe('topN', () => {
  it('gives the best first, the lower index first among equals, without the excluded', () => {
    const best = topN(Float64Array.of(1, 5, 5, 3, 9), 3, (item) => item === 4);
    expect(best).toEqual([
      { item: 1, score: 5 },
      { item: 2, score: 5 },
      { item: 3, score: 3 },
    ]);
  });

  it('gives fewer where there are fewer, and none for n = 0', () => {
    expect(topN(Float64Array.of(1, 2), 5, (item) => item === 0)).toEqual([{ item: 1, score: 2 }]);
    expect(topN(Float64Array.of(1, 2), 0)).toEqual([]);
  });

  it('equals the head of a full stable sort', () => {
    const scores = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 60 });
    fc.assert(
      fc.property(scores, fc.nat(12), fc.nat(3), (list, n, modulus) => {
        const excluded = (item: number): boolean => modulus > 0 && item % modulus === 0;
        const sorted = list
          .map((score, item) => ({ item, score }))
          .filter(({ item }) => !excluded(item))
          .sort((a, b) => b.score - a.score);
        expect(topN(Float64Array.from(list), n, excluded)).toEqual(sorted.slice(0, n));
      }),
    );
  });
});
