/** Watermarks survive being stored, and different ones never look alike. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeWatermark, encodeWatermark } from './watermark.ts';

const watermark = fc.record({ offset: fc.maxSafeNat(), timestamp: fc.integer(), definition: fc.string() });

test('decode undoes encode', () => {
  fc.assert(
    fc.property(watermark, (value) => {
      expect(decodeWatermark(encodeWatermark(value))).toEqual(value);
    }),
  );
});

test.each(['', '1 2', 'x 1 d', '1.5 2 d'])('%j is no watermark', (text) => {
  expect(() => decodeWatermark(text)).toThrow(expect.objectContaining({ code: 'BadData' }));
});
