/** Times on the wire. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseTime } from './time.ts';

describe('normaliseTime', () => {
  it.each([
    ['2024-05-01T12:00:00.000Z', '2024-05-01T12:00:00.000Z'],
    ['2024-05-01T12:00:00Z', '2024-05-01T12:00:00.000Z'],
    ['2024-05-01t12:00:00z', '2024-05-01T12:00:00.000Z'],
    ['2024-05-01 12:00:00+02:00', '2024-05-01T10:00:00.000Z'],
    ['2024-05-01T12:00:00.1-0130', '2024-05-01T13:30:00.100Z'],
    ['2024-05-01T12:00:00.123456789Z', '2024-05-01T12:00:00.123Z'],
    ['2024-02-29T00:00:00.000Z', '2024-02-29T00:00:00.000Z'],
    ['2024-12-31T23:59:59.999Z', '2024-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, expected) => expect(normaliseTime(text)).toBe(expected));

  it.each([
    '2024-05-01T12:00:00.000',
    '2024-05-01',
    '2023-02-29T00:00:00.000Z',
    '2024-02-30T00:00:00+00:00',
    '2024-04-31T00:00:00.000Z',
    '2024-13-01T00:00:00.000Z',
    '2024-05-01T24:00:00.000Z',
    '2024-05-01T12:60:00Z',
    '2024-05-01T12:00:00+24:00',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
    '+010000-01-01T00:00:00.000Z',
    'yesterday',
    '',
    1714564800000,
    null,
    undefined,
    {},
  ])('%s is no moment', (value) => expect(normaliseTime(value)).toBeUndefined());

  it('leaves every canonical time as it is, and any offset names the same moment', () => {
    const dates = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
        expect(normaliseTime(date.toISOString())).toBe(date.toISOString());
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const minutes = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${String(Math.trunc(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
        expect(normaliseTime(local + zone)).toBe(date.toISOString());
      }),
    );
  });
});
