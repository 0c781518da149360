/** Packing loses nothing, keeps the order, and keeps within its bounds. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maxBytesPerRecord, packLines, unpackLines } from './record.ts';

const line = fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).map((text) => JSON.stringify(text));
const longLine = fc.integer({ min: 1, max: maxBytesPerRecord + 10 }).map((length) => 'x'.repeat(length));

it('gives back the lines in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ arbitrary: line, weight: 20 }, { arbitrary: longLine, weight: 1 })), (lines) => {
      expect(packLines(lines).flatMap(unpackLines)).toEqual(lines);
    }),
  );
});

it('keeps a record within 500 lines and its bytes, unless one line alone is larger', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ arbitrary: line, weight: 5 }, { arbitrary: longLine, weight: 1 })), (lines) => {
      for (const record of packLines([...lines, ...lines])) {
        const count = unpackLines(record).length;
        expect(count).toBeLessThanOrEqual(500);
        if (count > 1) expect(record.length).toBeLessThanOrEqual(maxBytesPerRecord);
      }
    }),
  );
});

it('cuts at 500 lines and no sooner', () => {
  const lines = Array.from({ length: 1001 }, (_, index) => String(index));
  expect(packLines(lines).map((record) => unpackLines(record).length)).toEqual([500, 500, 1]);
});

it('has no lines in an empty record', () => expect(unpackLines(Buffer.alloc(0))).toEqual([]));
