/** Durations and decimals: what they accept and what they come to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, durationMs, durationSchema, fieldPath, wholeSeconds } from './scalars.ts';

describe('durationMs', () => {
  it.each([
    ['168h', 604_800_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['90s', 90_000],
    ['250ms', 250],
    ['1m500ms', 60_500],
  ])('%s is %d', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  it('adds up its parts, for every duration that the schema accepts', () => {
    const part = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.constantFrom('ms', 's', 'm', 'h'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('');
        const sum = parts.reduce((total, [amount, unit]) => total + durationMs(`${amount}${unit}`), 0);
        expect(durationSchema.safeParse(text).success).toBe(true);
        expect(durationMs(text)).toBe(sum);
      }),
    );
  });
});

describe('scalars', () => {
  it.each(['', '7d', '1', 'h', '-1h', '1 h', '1h ', '0s', '0.1ms', '876001h', '9999999999h'])(
    'no duration: %j',
    (text) => {
      expect(durationSchema.safeParse(text).success).toBe(false);
    },
  );

  it.each(['1500ms', '1.5h', '0s'])('no duration in whole seconds: %s', (text) => {
    expect(wholeSeconds.safeParse(text).success).toBe(false);
  });

  it('keeps decimals within both bounds', () => {
    const share = decimal(0.01, 1);
    expect(['0.01', '0.8', '1', '1.0'].map((text) => share.safeParse(text).success)).toEqual([true, true, true, true]);
    for (const text of ['0', '0.009', '1.01', '1e0', '.5', '-1', '', 'NaN'])
      expect([text, share.safeParse(text).success]).toEqual([text, false]);
  });

  it.each(['item.colour', 'properties', 'properties.', 'user', 'item', 'context.a b', 'value.x'])(
    'no field: %s',
    (text) => {
      expect(fieldPath.safeParse(text).success).toBe(false);
    },
  );
});
