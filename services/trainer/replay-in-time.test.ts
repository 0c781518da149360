import { expect, test } from 'vitest';
import type { BrokerRecord } from '../shared/broker.ts';
import { EventTime } from '../shared/learning/point-in-time/event-time.ts';
import { eventAt } from '../shared/profile/test-events.ts';
import { replayInTime } from './replay-in-time.ts';

const event = (id: string, hour: number) => JSON.stringify(eventAt(hour * 3_600_000, { id }));

async function* log(...records: string[]): AsyncGenerator<readonly BrokerRecord[], void> {
  let offset = 0;
  for (const text of records) yield [{ offset: offset++, key: null, value: Buffer.from(text), timestamp: 0 }];
}

test('partitions are read so that the one furthest back in event time comes next, each in its own order', async () => {
  const time = new EventTime([0, 1, 2]);
  const taken: string[] = [];
  await replayInTime(
    new Map([
      [0, log(event('a1', 1), `${event('a9', 9)}\n${event('a8', 8)}`, event('a10', 10))],
      [1, log(event('b2', 2), 'no event', event('b3', 3), event('b12', 12))],
      [2, log()],
    ]),
    {
      get next() {
        return time.furthestBack;
      },
      take: (taking, partition) => {
        taken.push(taking.id);
        time.note(partition, taking);
      },
      end: (partition) => time.end(partition),
    },
  );
  expect(taken).toEqual(['a1', 'b2', 'a9', 'a8', 'b3', 'b12', 'a10']);
});
