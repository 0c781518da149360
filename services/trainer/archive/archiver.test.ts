import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { profileDigest } from '../../shared/archive/erasure.ts';
import { SegmentArchive } from '../../shared/archive/segment-archive.ts';
import {
  allOf,
  eventLine,
  linesIn,
  memoryLog,
  memorySegments,
  recordAt,
  topic,
} from '../../shared/archive/test-log.ts';
import type { SegmentStore } from '../../shared/archive.ts';
import type { BrokerRecord } from '../../shared/broker.ts';
import { Archiver, type ArchiverConfig } from './archiver.ts';
import { createMetrics } from './metrics.ts';

const minute = 60_000;
const stretch = (first: number, last: number): BrokerRecord[] =>
  Array.from({ length: last - first + 1 }, (_, at) => recordAt(first + at, [eventLine(`e-${first + at}`)]));

function world(records: readonly BrokerRecord[], changes: Partial<ArchiverConfig> = {}) {
  const log = memoryLog(records);
  const store = memorySegments();
  const clock = { ms: 1_700_000_100_000, now: () => clock.ms };
  const registry = new Registry();
  const telemetry = { logger: pino({ level: 'silent' }), registry };
  const metrics = createMetrics(registry);
  const open = (over: SegmentStore = store) => {
    const config: ArchiverConfig = {
      topic,
      place: { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 },
      retentionMs: 1e12,
      limits: { bytes: 1e9, events: 4, ageMs: 5 * minute },
      fromLogStart: false,
      ...changes,
    };
    return new Archiver(config, { broker: log.broker, archive: new SegmentArchive(over), metrics, telemetry, clock });
  };
  const archive = new SegmentArchive(store);
  const held = async () => linesIn(await allOf(archive.read({ partition: 0, from: (await archive.extent(0)).from })));
  return { log, store, clock, registry, archive, open, held };
}

const going = new AbortController().signal;

it('closes a segment once its records have waited long enough, of at most so many events', async () => {
  const { archive, clock, open, held, registry } = world(stretch(0, 9));
  const archiver = open();
  await archiver.look(going);
  clock.ms += 4 * minute;
  await archiver.look(going);
  expect(await archive.segments()).toEqual([]);
  clock.ms += minute;
  await archiver.look(going);
  expect((await archive.segments()).map(({ first, last }) => [first, last])).toEqual([
    [0, 3],
    [4, 7],
    [8, 9],
  ]);
  expect(await held()).toEqual(linesIn(stretch(0, 9)));
  const text = await registry.metrics();
  for (const sample of [
    'likeness_archive_segments 3',
    'likeness_archive_events_total 10',
    'likeness_archive_segments_total{change="closed"} 3',
    'likeness_archive_lag_records{partition="0"} 0',
    `likeness_archive_last_segment_timestamp_seconds ${clock.ms / 1000}`,
  ])
    expect(text).toContain(sample);
});

it('waits anew for what comes next, and flushes it when told to', async () => {
  const { log, archive, clock, open, held } = world(stretch(0, 2));
  const archiver = open();
  await archiver.look(going, true);
  log.add(recordAt(3, [eventLine('e-3')]));
  clock.ms += 100 * minute;
  await archiver.look(going);
  expect(await archive.extent(0)).toEqual({ from: 0, to: 3 });
  await archiver.look(going, true);
  expect(await held()).toEqual(linesIn(stretch(0, 3)));
});

it('leaves neither a gap nor a double, wherever its process dies', async () => {
  const records = stretch(0, 29);
  for (let failAt = 0; failAt < 8; failAt++)
    for (const written of [true, false]) {
      const { store, open, held } = world(records);
      let calls = 0;
      const dying: SegmentStore = {
        ...store,
        create: async (segment, bytes) => {
          if (calls++ !== failAt) return store.create(segment, bytes);
          if (written) await store.create(segment, bytes);
          throw new Error('killed');
        },
      };
      await open(dying)
        .look(going, true)
        .catch(() => undefined);
      await open().look(going, true);
      expect(await held()).toEqual(linesIn(records));
    }
});

it('does no harm where two of them write at once', async () => {
  const { log, archive, open, held } = world(stretch(0, 9));
  const [one, other] = [open(), open()];
  await Promise.all([one.look(going, true), other.look(going, true)]);
  for (const record of stretch(10, 14)) log.add(record);
  await one.look(going, true);
  for (const record of stretch(15, 17)) log.add(record);
  await Promise.all([other.look(going, true), one.look(going, true)]);
  expect(await held()).toEqual(linesIn(stretch(0, 17)));
  expect(await archive.extent(0)).toEqual({ from: 0, to: 18 });
});

it('begins where the log begins, and stops where the log has lost what it needs', async () => {
  const { log, archive, open } = world(stretch(0, 9));
  log.trim(3);
  await open().look(going, true);
  expect(await archive.extent(0)).toEqual({ from: 3, to: 10 });
  for (const record of stretch(10, 19)) log.add(record);
  log.trim(12);
  await expect(open().look(going, true)).rejects.toMatchObject({
    code: 'LogGap',
    message: expect.stringMatching(/up to offset 10, and the log begins at 12/),
  });
});

it('notes what is lost, and goes on behind it, when a person says so', async () => {
  const { log, open, held, registry } = world(stretch(0, 4), { fromLogStart: true });
  await open().look(going, true);
  for (const record of stretch(5, 19)) log.add(record);
  log.trim(12);
  await open().look(going, true);
  expect(await held()).toEqual(linesIn([...stretch(0, 4), ...stretch(12, 19)]));
  expect(await registry.metrics()).toContain('likeness_archive_lost_offsets_total 7');
});

/** What a topic that is made again holds: the same offsets, appended later. */
const madeAgain = (first: number, last: number): BrokerRecord[] =>
  stretch(first, last).map((record) => ({ ...record, timestamp: record.timestamp + 1 }));

it('takes no other topic for the one that it has archived', async () => {
  const { log, archive, open } = world(stretch(0, 9));
  await open().look(going, true);
  for (const other of [madeAgain(0, 12), madeAgain(0, 9)]) {
    log.become(other);
    await expect(open().look(going)).rejects.toMatchObject({
      code: 'LogRecreated',
      message: expect.stringMatching(
        /partition 0 has offset 9, .* another one there \(17\d+\): the topic was made again/,
      ),
    });
  }
  log.become(stretch(0, 4));
  await expect(open().look(going)).rejects.toMatchObject({ code: 'LogAheadOfTopic' });
  expect(await archive.extent(0)).toEqual({ from: 0, to: 10 });
});

it('says so when the topic is made again while it looks on, also where it has outgrown what is archived', async () => {
  for (const [other, code] of [
    [stretch(0, 2), 'LogAheadOfTopic'],
    [madeAgain(0, 20), 'LogRecreated'],
  ] as const) {
    const { log, archive, open } = world(stretch(0, 9));
    const archiver = open();
    await archiver.look(going, true);
    log.become(other);
    await expect(archiver.look(going, true)).rejects.toMatchObject({ code });
    expect(await archive.extent(0)).toEqual({ from: 0, to: 10 });
  }
});

it('goes on where the log has let go of all that is archived, and where the newest records are erased', async () => {
  const { log, archive, open, held } = world(stretch(0, 9));
  await open().look(going, true);
  await archive.erase([{ partition: 0, before: 10, profile: profileDigest('u-1') }]);
  log.add(recordAt(10, [eventLine('e-10')]));
  await open().look(going, true);
  expect(await held()).toEqual(linesIn(stretch(10, 10)));
  log.trim(11);
  log.add(recordAt(11, [eventLine('e-11')]));
  await open().look(going, true);
  expect(await held()).toEqual(linesIn(stretch(10, 11)));
});

it('does not archive again what was erased of the newest records', async () => {
  const erased = [8, 9].map((offset) => recordAt(offset, [eventLine(`e-${offset}`, { profile: 'u-2' })]));
  const { log, archive, open, held } = world([...stretch(0, 7), ...erased]);
  await open().look(going, true);
  await archive.erase([{ partition: 0, before: 10, profile: profileDigest('u-2') }]);
  log.add(recordAt(10, [eventLine('e-10')]));
  await open().look(going, true);
  expect(await held()).toEqual(linesIn([...stretch(0, 7), ...stretch(10, 10)]));
});

it('reads each partition of the archive once to begin with, however many there are', async () => {
  const { store, open } = world(stretch(0, 9));
  await open().look(going, true);
  const list = vi.fn((partition?: number) => store.list(partition));
  await open({ ...store, list }).look(going);
  // Twice each, to be sure that nothing is missed; then all of them, for the upkeep and the figures.
  expect(list.mock.calls.filter(([partition]) => partition === 0)).toHaveLength(4);
});

it('removes what is older than the retention', async () => {
  const { clock, archive, open } = world(stretch(0, 9), { retentionMs: 10 * minute });
  const archiver = open();
  clock.ms = recordAt(4, []).timestamp + 10 * minute;
  await archiver.look(going, true);
  await archiver.look(going);
  expect(await archive.extent(0)).toEqual({ from: 4, to: 10 });
});

it('ends between two segments when it is to stop', async () => {
  const { store, archive, open } = world(stretch(0, 9));
  const stopping = new AbortController();
  const archiver = open({
    ...store,
    create: (segment, bytes) => {
      if (segment.first === 4) stopping.abort();
      return store.create(segment, bytes);
    },
  });
  await archiver.look(stopping.signal, true);
  expect(await archive.extent(0)).toEqual({ from: 0, to: 8 });
});
