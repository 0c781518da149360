/** The cache keeps what was used last, within both of its bounds. */
import { expect, test } from 'vitest';
import { compileFeatures } from '../shared/profile/compile.ts';
import { emptyProfile } from '../shared/profile/profile.ts';
import { RecentIds } from '../shared/profile/recent-ids.ts';
import { ProfileCache, shareOf } from './profile-cache.ts';
import type { LiveProfile } from './apply.ts';

const profile = (bytes = 0): LiveProfile => ({
  state: emptyProfile(compileFeatures([], [])),
  ids: new RecentIds(1),
  bytes,
});
const kept = (cache: ProfileCache): string[] => ['a', 'b', 'c', 'd'].filter((id) => cache.get(id));

test('the one not used for longest goes first', () => {
  const cache = new ProfileCache({ entries: 2, bytes: 1e9 });
  for (const id of ['a', 'b', 'a', 'c']) cache.put(id, profile());
  expect(kept(cache)).toEqual(['a', 'c']);
  expect(cache.size).toBe(2);
});

test('large profiles push out more', () => {
  const cache = new ProfileCache({ entries: 10, bytes: 10_000 });
  for (const id of ['a', 'b', 'c']) cache.put(id, profile(10));
  cache.put('d', profile(1400));
  expect(kept(cache)).toEqual(['c', 'd']);
  cache.put('d', profile(10));
  expect(cache.bytes).toBeLessThan(2000);
  cache.clear();
  expect([cache.size, cache.bytes, kept(cache)]).toEqual([0, 0, []]);
});

test('its bytes are those of the profiles as they are now, however often they were put', () => {
  const cache = new ProfileCache({ entries: 10, bytes: 1e9 });
  for (const bytes of [10, 5000, 10, 5000, 10]) cache.put('a', profile(bytes));
  const once = new ProfileCache({ entries: 10, bytes: 1e9 });
  once.put('a', profile(10));
  expect(cache.bytes).toBe(once.bytes);
});

test.each([
  [1, { entries: 10, bytes: 1000 }],
  [3, { entries: 3, bytes: 333 }],
  [64, { entries: 1, bytes: 15 }],
])('%i caches share one budget', (caches, share) => {
  expect(shareOf({ entries: 10, bytes: 1000 }, caches)).toEqual(share);
});
