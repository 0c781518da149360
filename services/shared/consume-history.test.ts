import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openEmbeddedBroker } from './adapters/embedded-broker.ts';
import { SegmentArchive } from './archive/segment-archive.ts';
import { allOf, eventLine, linesIn, memorySegments } from './archive/test-log.ts';
import type { Batch, Broker, BrokerRecord, Consumer } from './broker.ts';
import { withArchive } from './with-archive.ts';

const topic = 'default.shop.events-clean.e1';
let folder: string;
let embedded: Broker;
let records: BrokerRecord[];
let archive: SegmentArchive;
let consumer: Consumer | undefined;

/** A log of 20 records, of which the archive has the first 12, and the broker what `low` says. */
function trimmed(low: number): Broker {
  return {
    producer: () => embedded.producer(),
    consume: (options) => embedded.consume(options),
    follow: (options) => embedded.follow(options),
    createTopics: (topics) => embedded.createTopics(topics),
    deleteTopics: (names) => embedded.deleteTopics(names),
    committed: (group, of) => embedded.committed(group, of),
    close: () => embedded.close(),
    read: (range) => embedded.read({ ...range, from: Math.max(low, range.from) }),
    offsets: async (of) => (await embedded.offsets(of)).map((held) => ({ ...held, low })),
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-consume-'));
  embedded = await openEmbeddedBroker(folder);
  await embedded.createTopics([{ name: topic, partitions: 1 }]);
  await write(0, 20);
  records = await allOf(embedded.read({ topic, partition: 0, from: 0, to: 20 }));
  archive = new SegmentArchive(memorySegments());
  await archive.append({ partition: 0, first: 0, last: 4 }, records.slice(0, 5));
  await archive.append({ partition: 0, first: 5, last: 11 }, records.slice(5, 12));
});
afterEach(async () => {
  await consumer?.close();
  consumer = undefined;
  await embedded.close();
  await rm(folder, { recursive: true });
});

async function write(from: number, to: number): Promise<void> {
  const producer = await embedded.producer();
  for (let at = from; at < to; at++)
    await producer.send(topic, [{ partition: 0, value: Buffer.from(eventLine(`e-${at}`)) }]);
  await producer.close();
}

interface Given {
  readonly low: number;
  readonly wanted: number;
  readonly onBatch?: (batch: Batch) => Promise<void>;
}

async function consume({ low, wanted, onBatch }: Given) {
  const got: BrokerRecord[] = [];
  const onFatal = vi.fn<(error: unknown) => void>();
  const onRetry = vi.fn<(error: unknown) => void>();
  consumer = await withArchive(trimmed(low), topic, archive).consume({
    group: 'feature',
    topics: [topic],
    retryMs: 5,
    onAssigned: async () => wanted,
    onBatch: async (batch) => {
      await onBatch?.(batch);
      got.push(...batch.records);
    },
    onFatal,
    onRetry,
  });
  const reached = async (count: number): Promise<void> => {
    while (got.length < count && onFatal.mock.calls.length === 0) await sleep(2);
  };
  return { got, reached, onFatal, onRetry };
}

it.each([
  ['in the archive', 10, 3],
  ['in the archive, of a log that begins where it ends', 12, 2],
  ['in the log', 10, 14],
])('gives each record once, in order, from a position %s', async (_where, low, wanted) => {
  const last = low === 12 ? 20 : 22;
  const { got, reached } = await consume({ low, wanted });
  if (last === 22) await write(20, 22);
  await reached(last - wanted);
  await sleep(20);
  const all = await allOf(embedded.read({ topic, partition: 0, from: 0, to: last }));
  expect(linesIn(got)).toEqual(linesIn(all.slice(wanted)));
  expect(got.map(({ timestamp }) => timestamp)).toEqual(all.slice(wanted).map(({ timestamp }) => timestamp));
});

it('gives what is archived though the log holds nothing and nothing comes', async () => {
  await archive.append({ partition: 0, first: 12, last: 19 }, records.slice(12));
  const { got, reached } = await consume({ low: 20, wanted: 4 });
  await reached(16);
  expect(linesIn(got)).toEqual(linesIn(records.slice(4)));
});

it('gives a batch again that was rejected', async () => {
  let rejections = 2;
  const onBatch = async ({ records: [first] }: Batch): Promise<void> => {
    if (first!.offset === 5 && rejections-- > 0) throw new Error('not now');
  };
  const { got, reached, onRetry, onFatal } = await consume({ low: 10, wanted: 0, onBatch });
  await reached(20);
  expect(linesIn(got)).toEqual(linesIn(records));
  expect(onRetry).toHaveBeenCalledTimes(2);
  expect(onFatal).not.toHaveBeenCalled();
});

it('goes back into the archive when it is sought there, and forward out of it', async () => {
  const seen: number[] = [];
  let moves = 2;
  const onBatch = async (batch: Batch): Promise<void> => {
    const { records: found } = batch;
    seen.push(found[0]!.offset);
    if (found.at(-1)!.offset < 12 || moves === 0) return;
    consumer!.seek(topic, 0, moves-- === 2 ? 5 : 15);
    expect(batch.isStale()).toBe(true);
  };
  const { reached, got } = await consume({ low: 10, wanted: 12, onBatch });
  await reached(20);
  while (seen.at(-1)! < 15) await sleep(2);
  expect(seen.slice(0, 2)).toEqual([12, 5]);
  expect(linesIn(got)).toEqual(expect.arrayContaining(linesIn(records.slice(5))));
});

it('ends where neither has what is wanted', async () => {
  const { reached, onFatal } = await consume({ low: 15, wanted: 3 });
  await reached(20);
  expect(onFatal.mock.calls[0]![0]).toMatchObject({ code: 'LogGap' });
});

it('goes by the log alone where the archive is optional and does not reach it', async () => {
  const held = [{ partition: 0, low: 15, high: 20 }];
  await expect(withArchive(trimmed(15), topic, archive).offsets(topic)).rejects.toMatchObject({ code: 'LogGap' });
  expect(await withArchive(trimmed(15), topic, archive, { optional: true }).offsets(topic)).toEqual(held);
  expect(await withArchive(trimmed(10), topic, archive, { optional: true }).offsets(topic)).toEqual([
    { partition: 0, low: 0, high: 20 },
  ]);
});
