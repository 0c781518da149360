import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventLine, linesIn, recordAt } from '../../shared/archive/test-log.ts';
import type { BrokerRecord } from '../../shared/broker.ts';
import { cutStretches, type Stretch } from './stretches.ts';

async function* batchesOf(records: readonly BrokerRecord[], size: number) {
  for (let at = 0; at < records.length; at += size) yield records.slice(at, at + size);
}

async function cut(records: readonly BrokerRecord[], range: { from: number; to: number }, events: number) {
  const stretches: Stretch[] = [];
  for await (const each of cutStretches(batchesOf(records, 3), range, { bytes: 1e9, events })) stretches.push(each);
  return stretches;
}

it('covers the range without a gap, with each record once, and none of them larger than it may be', async () => {
  const sizes = fc.array(fc.record({ gap: fc.nat(2), lines: fc.integer({ min: 1, max: 4 }) }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 9 }), fc.nat(3), async (given, events, behind) => {
      let offset = 4;
      const records = given.map(({ gap, lines }) => {
        offset += gap + 1;
        return recordAt(
          offset,
          Array.from({ length: lines }, (_, at) => eventLine(`${offset}-${at}`)),
        );
      });
      const range = { from: 5, to: offset + 1 + behind };
      const stretches = await cut(records, range, events);
      let next = range.from;
      for (const { first, last } of stretches) {
        expect(first).toBe(next);
        expect(last).toBeGreaterThanOrEqual(first);
        next = last + 1;
      }
      expect(next).toBe(Math.max(range.to, range.from));
      expect(linesIn(stretches.flatMap((each) => each.records))).toEqual(linesIn(records));
      for (const each of stretches) {
        expect(each.events).toBe(linesIn(each.records).length);
        // The record that fills it may be the largest.
        expect(each.events).toBeLessThan(events + 4);
      }
    }),
  );
});

it('cuts by bytes too', async () => {
  const records = Array.from({ length: 10 }, (_, at) => recordAt(at, ['x'.repeat(100)]));
  const stretches: Stretch[] = [];
  for await (const each of cutStretches(batchesOf(records, 3), { from: 0, to: 10 }, { bytes: 300, events: 1e9 }))
    stretches.push(each);
  expect(stretches.map(({ first, last }) => [first, last])).toEqual([
    [0, 2],
    [3, 5],
    [6, 8],
    [9, 9],
  ]);
});
