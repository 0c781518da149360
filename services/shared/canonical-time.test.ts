/** The same moment as Date.parse gives, and no other text. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalTime } from './canonical-time.ts';

/** Years 0 to 9999. */
const moment = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

it('is what Date says, of any moment', () => {
  fc.assert(fc.property(moment, (ms) => canonicalTime(new Date(ms).toISOString()) === ms));
});

it('knows the first and the last day of every month of four centuries', () => {
  for (let month = 0; month < 4800; month++)
    for (const ms of [Date.UTC(1800, month, 1), Date.UTC(1800, month + 1, 0, 23, 59, 59, 999)])
      expect(canonicalTime(new Date(ms).toISOString())).toBe(ms);
});

it('takes no text but one that Date would print, whatever is changed in one', () => {
  const change = fc.tuple(moment, fc.nat(24), fc.constantFrom(...Array.from('0123456789-:.TZ ½x'), ''));
  fc.assert(
    fc.property(change, ([ms, at, character]) => {
      const text = new Date(ms).toISOString();
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      const parsed = Date.parse(changed);
      const printed = Number.isNaN(parsed) ? undefined : new Date(parsed).toISOString();
      expect(canonicalTime(changed)).toBe(printed === changed ? parsed : NaN);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  '',
  '2024-02-01',
  '2023-02-29T00:00:00.000Z',
  '1900-02-29T00:00:00.000Z',
  '2024-04-31T00:00:00.000Z',
  '2024-13-01T00:00:00.000Z',
  '2024-00-01T00:00:00.000Z',
  '2024-01-00T00:00:00.000Z',
  '2024-02-01T24:00:00.000Z',
  '2024-02-01T12:60:00.000Z',
  '2024-02-01T12:00:60.000Z',
  '2024-02-01T12:00:00.000z',
  '2024-02-01T12:00:00.000+',
])('is no time: %j', (text) => expect(canonicalTime(text)).toBeNaN());
