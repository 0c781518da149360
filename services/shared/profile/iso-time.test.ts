/** isoTime says what Date says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from './iso-time.ts';

test('equals Date.toISOString in years 1 to 9999', () => {
  const times = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
  fc.assert(
    fc.property(times, (time) => isoTime(time) === new Date(time).toISOString()),
    { numRuns: 1000 },
  );
});

test.each([0, -1, 951_782_400_000, 951_868_799_999, -62_135_596_800_000, 253_402_300_799_999, 4_107_542_400_000])(
  'equals Date.toISOString at %i',
  (time) => expect(isoTime(time)).toBe(new Date(time).toISOString()),
);
