/** The writer and the reader of states are each other's inverse, for everything that a state may hold. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settle } from './micro.ts';
import { orderOf } from './order.ts';
import { StateReader } from './state-reader.ts';
import { StateWriter } from './state-writer.ts';

const writer = new StateWriter();

/** Writes all, reads all, and expects nothing left over. */
function round<T>(values: readonly T[], write: (value: T) => void, read: (reader: StateReader) => T): T[] {
  writer.reset();
  values.forEach(write);
  const reader = new StateReader(writer.finish());
  const back = values.map(() => read(reader));
  reader.finish();
  return back;
}

const whole = fc.oneof(
  fc.nat(200),
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(127, 128, 16_383, 16_384, 2 ** 31, 2 ** 53 - 1),
);
const strings = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.maxSafeNat().map(String),
  fc.uuid(),
  fc.uuid().map((text) => text.toUpperCase()),
  fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}', '\u{1f601}', 'é') }),
  fc.constantFrom(
    '',
    '0',
    '00',
    '07',
    '-1',
    '1.5',
    '999999999999999',
    '1000000000000000',
    'é',
    'a'.repeat(5000),
    '9'.repeat(16),
  ),
);
const lists = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(values, { maxLength: 50 });

test('whole numbers', () => {
  fc.assert(
    fc.property(lists(whole), (values) => {
      expect(
        round(
          values,
          (value) => writer.unsigned(value),
          (reader) => reader.unsigned(),
        ),
      ).toEqual(values);
    }),
  );
});

test('signed amounts, also beyond what a double holds', () => {
  const amounts = fc.oneof(
    whole,
    whole.map((value) => 0 - value),
    fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }).map(settle),
  );
  fc.assert(
    fc.property(lists(amounts), (values) => {
      expect(
        round(
          values,
          (value) => writer.signed(value),
          (reader) => reader.signed(),
        ),
      ).toEqual(values);
    }),
    { numRuns: 200 },
  );
});

test('strings, repeated and not', () => {
  fc.assert(
    fc.property(lists(strings), (values) => {
      const twice = [...values, ...values.toReversed()];
      expect(
        round(
          twice,
          (value) => writer.plain(value),
          (reader) => reader.plain(),
        ),
      ).toEqual(twice);
    }),
    { numRuns: 200 },
  );
});

test('times, hashes, words, doubles and bytes', () => {
  const time = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
  const word = fc.nat(2 ** 32 - 1);
  const hash = fc.tuple(fc.constantFrom(0, 7, 2 ** 32 - 1), fc.oneof(word, fc.constantFrom(1, 2, 2 ** 31)));
  fc.assert(
    fc.property(
      lists(time),
      lists(hash),
      lists(word),
      lists(fc.double({ noNaN: true })),
      (times, hashes, words, doubles) => {
        expect(
          round(
            times,
            (value) => writer.time(value),
            (reader) => reader.time(),
          ),
        ).toEqual(times);
        const twice = [...hashes, ...hashes];
        expect(
          round(
            twice,
            ([hi, lo]) => writer.hash(hi, lo),
            (reader) => [...reader.hash()] as [number, number],
          ),
        ).toEqual(twice);
        expect(
          round(
            words,
            (value) => writer.word(value),
            (reader) => reader.word(),
          ),
        ).toEqual(words);
        expect(
          round(
            doubles,
            (value) => writer.double(value),
            (reader) => reader.double(),
          ),
        ).toEqual(doubles);
      },
    ),
  );
});

test('strings that begin alike, also where that ends within a surrogate pair', () => {
  const values = [
    'ab\u{1f600}',
    'ab\u{1f601}',
    'ab\u{1f601}c',
    'ab',
    'abc',
    'a',
    `${'x'.repeat(200)}a`,
    `${'x'.repeat(200)}b`,
  ];
  expect(
    round(
      values,
      (value) => writer.plain(value),
      (reader) => reader.plain(),
    ),
  ).toEqual(values);
  writer.reset();
  ['sku-10000', 'sku-10001'].forEach((value) => writer.plain(value));
  expect(writer.finish().length).toBe(10 + 3);
});

test('positions of events, each written once', () => {
  const orders = [orderOf(5, 'a'), orderOf(5, 'b'), orderOf(-3, 'a'), orderOf(5, 'a')];
  const many = [...orders, ...orders];
  expect(
    round(
      many,
      (value) => writer.order(value),
      (reader) => reader.order(),
    ),
  ).toEqual(many);
  writer.reset();
  orders.forEach((order) => writer.order(order));
  const once = writer.finish().length;
  writer.reset();
  many.forEach((order) => writer.order(order));
  expect(writer.finish().length).toBe(once + orders.length);
});

test('a part is read by itself, whatever was written before it', () => {
  writer.reset();
  const write = (): void => {
    writer.begin(1000);
    writer.time(1001);
    writer.plain('sku-1');
    writer.plain('sku-2');
    writer.hash(1, 2);
    writer.hash(1, 2);
  };
  write();
  const size = writer.size;
  write();
  const bytes = writer.finish();
  expect(bytes.subarray(size)).toEqual(bytes.subarray(0, size));
  const reader = new StateReader(bytes, size, 2 * size, 1000);
  expect([reader.time(), reader.plain(), reader.plain()]).toEqual([1001, 'sku-1', 'sku-2']);
  expect([reader.hash(), reader.hash()]).toEqual([
    [1, 2],
    [1, 2],
  ]);
  reader.finish();
});

test('a part ends where it ends, though there are bytes behind it', () => {
  const reader = (): StateReader => new StateReader(Buffer.alloc(20, 0x81), 3, 8);
  for (const read of [
    (): unknown => reader().unsigned(),
    (): unknown => reader().signed(),
    (): unknown => reader().double(),
    (): unknown => reader().bytes(6),
    (): unknown => reader().plain(),
  ])
    expect(read).toThrow(expect.objectContaining({ code: 'BadData' }));
  expect(() => reader().finish()).toThrow(expect.objectContaining({ code: 'BadData' }));
});

test('bytes are copied from elsewhere, few and many', () => {
  const source = Buffer.from(Array.from({ length: 9000 }, (_, i) => i % 251));
  for (const [start, end] of [
    [0, 0],
    [5, 8],
    [1, 65],
    [1, 9000],
  ] as const) {
    writer.reset();
    writer.unsigned(7);
    writer.copy(source, start, end);
    expect(writer.finish()).toEqual(Buffer.concat([Buffer.from([7]), source.subarray(start, end)]));
  }
});
