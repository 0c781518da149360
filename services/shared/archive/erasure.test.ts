import { expect, it } from 'vitest';
import { eventLine } from './test-log.ts';
import { erasedBy, profileDigest } from './erasure.ts';

it('goes as far as the furthest of several erasures of a profile, in whatever order they are listed', () => {
  const profile = profileDigest('u-1');
  const both = [5, 9].map((before) => ({ partition: 0, before, profile }));
  for (const erasures of [both, both.toReversed()]) {
    const erased = erasedBy(erasures);
    const stays = (offset: number) => erased.stays({ offset, line: eventLine('e', { profile: 'u-1' }) });
    expect([4, 8, 9].map(stays)).toEqual([false, false, true]);
    expect(erased.tag).toBe(erasedBy(both).tag);
  }
});
