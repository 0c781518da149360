import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SegmentArchive } from './archive/segment-archive.ts';
import { allOf, eventLine, linesIn, memoryLog, memorySegments, recordAt, topic } from './archive/test-log.ts';
import type { BrokerRecord } from './broker.ts';
import { historyExtent, readHistory } from './read-history.ts';
import { withArchive } from './with-archive.ts';

/** Some offsets have no record, as in Kafka. */
const recordsOf = (gaps: readonly number[]): BrokerRecord[] =>
  gaps.reduce<BrokerRecord[]>((records, gap) => {
    const offset = (records.at(-1)?.offset ?? -1) + 1 + gap;
    return [...records, recordAt(offset, [eventLine(`a-${offset}`), eventLine(`b-${offset}`)])];
  }, []);

const logs = fc.record({
  gaps: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 20 }),
  cuts: fc.array(fc.nat(60), { maxLength: 6 }),
  start: fc.nat(10),
  trimmed: fc.nat(60),
  from: fc.nat(60),
});

/** Segments cut anywhere from `start` on, the last of them anywhere, and a log that is trimmed up to there at most. */
async function worldOf({
  gaps,
  cuts,
  start,
  trimmed,
}: {
  gaps: number[];
  cuts: number[];
  start: number;
  trimmed: number;
}) {
  const records = recordsOf(gaps);
  const high = records.at(-1)!.offset + 1;
  const archive = new SegmentArchive(memorySegments());
  const ends = cuts.filter((cut) => cut >= start && cut < high).toSorted((a, b) => a - b);
  let first = start;
  for (const last of ends) {
    if (last < first) continue;
    const held = records.filter(({ offset }) => offset >= first && offset <= last);
    await archive.append({ partition: 0, first, last }, held);
    first = last + 1;
  }
  const log = memoryLog(records);
  log.trim(first === start ? 0 : Math.min(trimmed, first));
  return { records, high, archive, log };
}

it('gives each record once, in order, however a log is split between archive and broker', async () => {
  await fc.assert(
    fc.asyncProperty(logs, async (given) => {
      const { records, high, archive, log } = await worldOf(given);
      const history = { broker: log.broker, topic, archive };
      const { from, to } = await historyExtent(history, 0);
      expect(to).toBe(high);
      const start = Math.min(Math.max(from, given.from), high);
      const read = await allOf(readHistory(history, { partition: 0, from: start, to }));
      expect(linesIn(read)).toEqual(linesIn(records.filter(({ offset }) => offset >= start)));
      const decorated = withArchive(log.broker, topic, archive);
      expect(await decorated.offsets(topic)).toEqual([{ partition: 0, low: from, high }]);
      expect(linesIn(await allOf(decorated.read({ topic, partition: 0, from: start, to })))).toEqual(linesIn(read));
    }),
    { numRuns: 60 },
  );
});

const stretch = (first: number, last: number) => recordsOf(Array.from({ length: last + 1 }, () => 0)).slice(first);

it('refuses a gap between archive and broker, naming both ends and what to do', async () => {
  const archive = new SegmentArchive(memorySegments());
  await archive.append({ partition: 0, first: 0, last: 9 }, stretch(0, 9));
  const { broker, trim } = memoryLog(stretch(0, 29));
  trim(12);
  const history = { broker, topic, archive };
  const message = expect.stringMatching(/up to offset 10, and the log begins at 12.*spec\.kafka\.retention/s);
  await expect(historyExtent(history, 0)).rejects.toMatchObject({ code: 'LogGap', message });
  await expect(allOf(readHistory(history, { partition: 0, from: 0, to: 30 }))).rejects.toMatchObject({
    code: 'LogGap',
    message,
  });
  await expect(allOf(readHistory({ broker, topic }, { partition: 0, from: 3, to: 30 }))).rejects.toMatchObject({
    code: 'LogGap',
  });
});

it('refuses an archive of a topic that was there before', async () => {
  const archive = new SegmentArchive(memorySegments());
  await archive.append({ partition: 0, first: 0, last: 9 }, stretch(0, 9));
  const { broker } = memoryLog(stretch(0, 4));
  await expect(historyExtent({ broker, topic, archive }, 0)).rejects.toMatchObject({ code: 'LogAheadOfTopic' });
});

it('finds in the archive what the broker lets go of while it is read', async () => {
  const records = stretch(0, 29);
  const archive = new SegmentArchive(memorySegments());
  await archive.append({ partition: 0, first: 0, last: 4 }, records.slice(0, 5));
  const { broker, trim } = memoryLog(records);
  const reading = readHistory({ broker, topic, archive }, { partition: 0, from: 0, to: 30 });
  const read: BrokerRecord[] = [];
  for await (const batch of reading) {
    read.push(...batch);
    if (batch.at(-1)!.offset !== 10) continue;
    await archive.append({ partition: 0, first: 5, last: 19 }, records.slice(5, 20));
    trim(18);
  }
  expect(linesIn(read)).toEqual(linesIn(records));
});

it('does not pass over what the broker has let go of meanwhile and nobody has', async () => {
  const { broker, trim } = memoryLog(stretch(0, 29));
  const reading = readHistory({ broker, topic }, { partition: 0, from: 0, to: 30 });
  await reading.next();
  trim(18);
  await expect(allOf(reading)).rejects.toMatchObject({
    code: 'LogGap',
    message: expect.stringContaining('begins at 18'),
  });
});

it('reads other topics as they are', async () => {
  const { broker, trim } = memoryLog(stretch(0, 9));
  trim(4);
  const decorated = withArchive(broker, 'another', new SegmentArchive(memorySegments()));
  expect(await decorated.offsets(topic)).toEqual([{ partition: 0, low: 4, high: 10 }]);
  expect(await allOf(decorated.read({ topic, partition: 0, from: 4, to: 6 }))).toHaveLength(2);
});
