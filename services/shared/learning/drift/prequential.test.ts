/** The question before an event is answered as a hold-out is judged. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rankTargets } from '../evaluate.ts';
import { ItemIndex } from '../item-index.ts';
import { Popularity } from '../popularity.ts';
import { answerOf, isPopularityHit, prequentialK } from './prequential.ts';

const scores = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 });

it('is a hit where the evaluation ranks the item among the first ten, ties and seen items alike', () => {
  fc.assert(
    fc.property(scores, fc.nat(), fc.array(fc.nat(39), { maxLength: 12 }), (given, pick, had) => {
      const all = Float64Array.from(given);
      const target = pick % all.length;
      const seen = new Set(had.filter((item) => item !== target));
      const isSeen = (item: number) => seen.has(item);
      const { best, ranks } = rankTargets(all, [target], prequentialK, isSeen);
      const answer = answerOf(all, target, isSeen);
      expect(answer.hit).toBe(ranks.length === 1);
      expect(answer.best.map(({ item }) => item)).toEqual(best);
    }),
  );
});

it('of popularity is that of its counts, and an unknown item is a miss of both', () => {
  fc.assert(
    fc.property(scores, fc.nat(), fc.array(fc.nat(39), { maxLength: 12 }), (given, pick, had) => {
      const counts = Float64Array.from(given.toSorted((a, b) => b - a));
      const popularity = new Popularity(new ItemIndex(given.map((_, n) => `i${n}`)), counts);
      const target = pick % counts.length;
      const seen = new Set(had.filter((item) => item !== target));
      const isSeen = (item: number) => seen.has(item);
      expect(isPopularityHit(popularity, target, isSeen)).toBe(answerOf(counts, target, isSeen).hit);
      expect(isPopularityHit(popularity, -1, isSeen)).toBe(false);
      expect(answerOf(counts, -1, isSeen).hit).toBe(false);
    }),
  );
});
