/** How waiting sends are cut into produce requests. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../broker.ts';
import { checkSizes, nextRequest, type WaitingSend } from './requests.ts';

const sendOf = (topic: string, records: readonly OutgoingRecord[]): WaitingSend => ({ topic, records, taken: 0 });
const recordOf = (partition: number, size: number, mark = 0): OutgoingRecord => ({
  partition,
  value: Buffer.alloc(size, mark),
});

/** All requests until nothing waits, as a producer would make them. */
function allRequests(waiting: WaitingSend[]) {
  const requests = [];
  while (waiting.some(({ taken, records }) => taken < records.length)) requests.push(nextRequest(waiting));
  return requests;
}

describe('nextRequest', () => {
  it('takes what fits of several sends to several topics together', () => {
    const waiting = [sendOf('a', [recordOf(0, 10)]), sendOf('b', [recordOf(0, 10)]), sendOf('a', [recordOf(1, 10)])];
    const request = nextRequest(waiting);
    expect(request.map(({ topic, messages }) => [topic, messages.map(({ partition }) => partition)])).toEqual([
      ['a', [0, 1]],
      ['b', [0]],
    ]);
    expect(waiting.map(({ taken }) => taken)).toEqual([1, 1, 1]);
  });

  it('loses, repeats and reorders nothing within a partition, and keeps to the bounds', () => {
    const sizes = fc.constantFrom(1, 100, 100_000, 600_000);
    const record = fc.tuple(fc.nat(2), sizes);
    fc.assert(
      fc.property(fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { maxLength: 6 }), (sends) => {
        let mark = 0;
        const waiting = sends.map((records) =>
          sendOf(
            't',
            records.map(([partition, size]) => recordOf(partition, size, mark++ % 256)),
          ),
        );
        const requests = allRequests(waiting);
        for (const partition of [0, 1, 2]) {
          const sent = waiting.flatMap(({ records }) => records.filter((each) => each.partition === partition));
          const parts = requests.map((request) =>
            request.flatMap(({ messages }) => messages.filter((each) => each.partition === partition)),
          );
          expect(parts.flat().map(({ value }) => (value as Buffer)[0])).toEqual(sent.map(({ value }) => value![0]));
          for (const part of parts) {
            const bytes = part.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
            expect(part.length <= 1 || bytes <= 512 * 1024).toBe(true);
          }
        }
      }),
    );
  });

  it('takes at most 2,000 records at once', () => {
    const waiting = [
      sendOf(
        't',
        Array.from({ length: 4_500 }, (_, index) => recordOf(index % 4, 1)),
      ),
    ];
    expect(allRequests(waiting).map(([topic]) => topic!.messages.length)).toEqual([2_000, 2_000, 500]);
  });

  it('refuses a record that no broker would take', () => {
    expect(() => checkSizes('t', [recordOf(0, 900_000)])).not.toThrow();
    expect(() => checkSizes('t', [recordOf(0, 1), recordOf(0, 1_100_000)])).toThrow(
      expect.objectContaining({ code: 'BadData', retryable: false }),
    );
  });
});
