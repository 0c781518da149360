/** Reports are written by pods, and read with care. */
import { expect, it } from 'vitest';
import { backfillIn } from './backfill-status.ts';

it('is of one definition, in whole percent between nothing and all', () => {
  const read = (progressPercentage: unknown, definition: unknown = '0a1b') =>
    backfillIn(JSON.stringify({ definition, progressPercentage }));
  expect(read(41.7)).toEqual({ definition: '0a1b', progressPercentage: 41 });
  expect([read(-3), read(400)].map((status) => status?.progressPercentage)).toEqual([0, 100]);
  expect([read('40'), read(null), read(4, ''), read(4, 7), read(4, 'x'.repeat(99))]).toEqual(Array(5).fill(undefined));
  for (const text of ['', 'much', 'null', '[]', undefined]) expect(backfillIn(text)).toBeUndefined();
});
