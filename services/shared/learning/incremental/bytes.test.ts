import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bytes } from './bytes.ts';
import { ItemSet } from './item-set.ts';

const borders = [0, 127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 28 - 1, 2 ** 28, 2 ** 28 + 1, 2 ** 32, 2 ** 49, 2 ** 53 - 1];

test('numbers are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...borders), fc.maxSafeNat()), { maxLength: 50 }), (numbers) => {
      const bytes = new Bytes(1);
      bytes.reach(numbers.length * 8);
      for (const number of numbers) bytes.put(number);
      bytes.at = 0;
      expect(numbers.map(() => bytes.take())).toEqual(numbers);
    }),
  );
});

test('a set of items holds each once, in whatever order they come, and is stored as it is', () => {
  const item = fc.oneof(fc.nat(300), fc.constantFrom(...borders.filter((each) => each < 2 ** 28)));
  fc.assert(
    fc.property(fc.array(item, { maxLength: 200, size: 'max' }), (items) => {
      const set = new ItemSet();
      const wanted = new Set<number>();
      for (const each of items) {
        expect(set.add(each)).toBe(!wanted.has(each));
        wanted.add(each);
      }
      const ascending = [...wanted].toSorted((a, b) => a - b);
      expect(set.values()).toEqual(ascending);
      const bytes = new Bytes();
      bytes.reach(set.room);
      set.writeTo(bytes);
      expect(bytes.at).toBeLessThanOrEqual(set.room);
      bytes.at = 0;
      const read = new ItemSet();
      read.readFrom(bytes);
      expect(read.values()).toEqual(ascending);
      expect(read.isEmpty).toBe(items.length === 0);
    }),
  );
});
