/** Strings compare as their bytes do; amounts add up exactly; both in one form only. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addMicro, fromMicro, settle, toMicro } from './micro.ts';
import { compareBytes, compareOrder, orderOf } from './order.ts';

test('compareBytes is Buffer.compare', () => {
  const units = fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}');
  const strings = fc.oneof(fc.string({ unit: units }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(strings, strings, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 500 },
  );
});

test('events are ordered by time, then hash, then id', () => {
  const at = (time: number, id: string, hi = 0, lo = 0) => orderOf(time, id, [hi, lo]);
  const ascending = [at(1, 'z', 9, 9), at(2, 'z', 0, 1), at(2, 'y', 1, 0), at(2, 'a', 1, 1), at(2, 'b', 1, 1)];
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries()) expect(Math.sign(compareOrder(a, b))).toBe(Math.sign(i - j));
});

test('amounts add up exactly, in any order, and have one form', () => {
  const within = (min: number) => fc.double({ min, max: 1e9, noNaN: true }).map(toMicro);
  // Numbers of both signs, and large ones of one sign, whose sum a double cannot hold.
  const amounts = fc.oneof(fc.array(within(-1e9)), fc.array(within(9e8), { minLength: 20 }));
  fc.assert(
    fc.property(amounts, (each) => {
      const exact = settle(each.reduce((total, amount) => total + BigInt(amount), 0n));
      expect(each.reduce(addMicro, 0)).toBe(exact);
      expect(each.toReversed().reduce(addMicro, 0)).toBe(exact);
    }),
  );
});

test.each([
  [9.95, 9_950_000],
  [0.0000005, 1],
  [-0.0000005, 0],
  [1e9, 1e15],
  [-0, 0],
])('%d is %d millionths', (value, expected) => expect(toMicro(value)).toBe(expected));

test('a mean is one division of the exact sum', () => expect(fromMicro(toMicro(0.3), 3)).toBe(0.1));
