/** A taste that changes twice, the second time for one user after the other. */
import { expect, it } from 'vitest';
import { readShop } from './shop-spec.ts';
import { simulate } from './simulate.ts';

it('who is not reached yet keeps the taste of the change before, not the first one', () => {
  const shop = readShop(
    JSON.stringify({
      seed: 3,
      events: 6000,
      tastes: { count: 1, categories: 2, loyalty: 1 },
      changes: [
        { at: 400, kind: 'Taste' },
        // Of 2,000 users it reaches not even one by the end.
        { at: 4000, kind: 'Taste', over: 10_000_000 },
      ],
    }),
    'test',
  );
  const events = [...simulate(shop)];
  const liked = (from: number, to: number) =>
    [...new Set(events.slice(from, to).map(({ item }) => item?.category ?? ''))].toSorted((a, b) => (a < b ? -1 : 1));
  // Sessions that were under way at a change go on from their last item.
  expect(liked(0, 400)).toHaveLength(2);
  expect(liked(3000, 4000)).not.toEqual(liked(0, 400));
  expect(liked(4001, 6000)).toEqual(liked(3000, 4000));
});
