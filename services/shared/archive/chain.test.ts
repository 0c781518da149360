import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chainOf, extentOf, redundant } from './chain.ts';
import { mergeable } from './mergeable.ts';
import { erasureName, parseErasureName, parseSegmentName, segmentName } from './segment-name.ts';

const segmentOf = (first: number, last: number) => ({ partition: 0, first, last, maxTime: 0, bytes: 1 });

/** Whatever segments cover 0 to `length`, some of them overlapping. */
const covers = fc
  .record({
    length: fc.integer({ min: 1, max: 40 }),
    cuts: fc.array(fc.integer({ min: 0, max: 39 })),
    more: fc.array(fc.tuple(fc.nat(39), fc.nat(39))),
  })
  .map(({ length, cuts, more }) => {
    const starts = [...new Set([0, ...cuts.filter((cut) => cut < length)])].sort((a, b) => a - b);
    const chain = starts.map((start, at) => segmentOf(start, (starts[at + 1] ?? length) - 1));
    const extra = more.map(([a, b]) => segmentOf(Math.min(a, b), Math.max(a, b))).filter(({ last }) => last < length);
    return { length, segments: [...extra, ...chain] };
  });

it('reads each offset once, in order, from whatever covers them', () => {
  fc.assert(
    fc.property(covers, ({ length, segments }) => {
      const read = chainOf(segments).flatMap(({ segment, from }) =>
        Array.from({ length: segment.last - from + 1 }, (_, at) => from + at),
      );
      expect(read).toEqual(Array.from({ length }, (_, at) => at));
    }),
  );
});

it('loses nothing when what is redundant is removed, by two who each know of some alone', () => {
  const subset = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 });
  fc.assert(
    fc.property(covers, subset, subset, ({ length, segments }, one, other) => {
      const gone = [one, other].flatMap((isKnown) => redundant(segments.filter((_, at) => isKnown[at])));
      const left = segments.filter((segment) => !gone.includes(segment));
      const offsets = chainOf(left).flatMap(({ segment, from }) =>
        Array.from({ length: segment.last - from + 1 }, (_, at) => from + at),
      );
      expect(offsets).toEqual(Array.from({ length }, (_, at) => at));
    }),
  );
});

it('spares what no other segment holds as a whole, and of two alike the one that knows of more erasures', () => {
  const [left, middle, right] = [segmentOf(0, 9), segmentOf(5, 14), segmentOf(10, 19)];
  expect(redundant([left, right, middle])).toEqual([]);
  const purged = { ...left, purged: 'e000001.0000000000000000' };
  const again = { ...left, purged: 'e000002.0000000000000000' };
  for (const order of [
    [left, purged, again],
    [again, purged, left],
  ])
    expect(new Set(redundant(order))).toEqual(new Set([left, purged]));
});

it('takes the one that reaches further of two that begin together', () => {
  const [short, long] = [segmentOf(5, 9), segmentOf(5, 12)];
  const chain = chainOf([short, segmentOf(13, 20), long]);
  expect(chain.map(({ segment }) => segment)).toEqual([long, segmentOf(13, 20)]);
  expect(extentOf(chain)).toEqual({ from: 5, to: 21 });
  expect(extentOf([])).toEqual({ from: 0, to: 0 });
});

it('refuses a gap, naming both of its ends', () => {
  expect(() => chainOf([segmentOf(0, 9), segmentOf(12, 20)])).toThrow(
    expect.objectContaining({ code: 'LogGap', message: expect.stringMatching(/before offset 10 and goes on at 12/) }),
  );
});

it('names segments so that their names tell all, in the order of the log', () => {
  const largest = { partition: 999, first: 2 ** 53 - 3, last: 2 ** 53 - 2, maxTime: 1_700_000_000_123 };
  const purged = { ...largest, purged: 'e000012.0123456789abcdef' };
  for (const segment of [largest, purged, { partition: 0, first: 0, last: 0, maxTime: 0 }])
    expect(parseSegmentName(segmentName(segment))).toEqual(segment);
  const erasure = { partition: 12, before: 2 ** 53 - 1, profile: 'ab'.repeat(32) };
  expect(parseErasureName(erasureName(erasure))).toEqual(erasure);
  expect(parseSegmentName(erasureName(erasure))).toBeUndefined();
  expect(segmentName(segmentOf(9, 10)) < segmentName(segmentOf(11, 100))).toBe(true);
  for (const other of ['p0/.draft-1', 'p0/0-9-1.parquet', 'p0/0000000000000009-0000000000000001-1.parquet'])
    expect(parseSegmentName(other)).toBeUndefined();
});

it('merges the newest ones when they are many, small, and of about one day', () => {
  const chainFrom = (sizes: readonly number[], apartMs = 1000) =>
    chainOf(sizes.map((bytes, at) => ({ ...segmentOf(at, at), bytes, maxTime: at * apartMs })));
  const small = Array.from({ length: 15 }, () => 10_000);
  expect(mergeable(chainFrom(small))).toHaveLength(15);
  expect(mergeable(chainFrom(small.slice(4)))).toHaveLength(0);
  expect(mergeable(chainFrom([5_000_000, ...small]))).toHaveLength(15);
  expect(mergeable(chainFrom(small, 3_600_000 * 4))).toHaveLength(0);
});
