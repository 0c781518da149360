import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { StoredSegment } from '../archive.ts';
import type { BrokerRecord } from '../broker.ts';
import { archiveBesideOthers } from '../../../test/contracts/archive-beside-others.ts';
import { profileDigest } from './erasure.ts';
import { SegmentArchive } from './segment-archive.ts';
import { allOf, eventLine, linesIn, memorySegments, recordAt } from './test-log.ts';

const stretch = (first: number, last: number): BrokerRecord[] =>
  Array.from({ length: last - first + 1 }, (_, at) => recordAt(first + at, [eventLine(`e-${first + at}`)]));

function world() {
  const store = memorySegments();
  const archive = new SegmentArchive(store);
  const append = (first: number, last: number, records = stretch(first, last)) =>
    archive.append({ partition: 0, first, last }, records);
  const read = async (from: number, to?: number) =>
    linesIn(await allOf(archive.read({ partition: 0, from, ...(to !== undefined && { to }) })));
  return { store, archive, append, read };
}

it('gives records back with their offsets, times and lines, whatever these hold', async () => {
  const lines = fc.array(
    fc.oneof(
      fc.string({ minLength: 1 }).map((text) => JSON.stringify({ id: text })),
      fc.constant('no JSON'),
      fc.constant('null'),
    ),
    { minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(lines, { maxLength: 8 }), async (recordLines) => {
      const { archive, append } = world();
      const records = recordLines.map((each, at) => recordAt(2 * at, each));
      await append(0, 99, records);
      const again = await allOf(archive.read({ partition: 0, from: 0 }));
      expect(again.map((record) => ({ ...record, value: String(record.value) }))).toEqual(
        records.map((record) => ({ ...record, value: String(record.value) })),
      );
    }),
    { numRuns: 30 },
  );
});

it('keeps records whole that lie across the groups of rows', async () => {
  const { append, read } = world();
  const records = Array.from({ length: 25 }, (_, at) =>
    recordAt(
      at,
      Array.from({ length: 499 }, (_line, index) => eventLine(`e-${at}-${index}`)),
    ),
  );
  await append(0, 24, records);
  const lines = await read(0);
  expect(lines).toHaveLength(25 * 499);
  expect(lines).toEqual(linesIn(records));
});

it('tells of each event what queries ask for', async () => {
  const { store, append } = world();
  const line = eventLine('e-1', {
    userId: 'u-1',
    itemId: 'sku',
    value: 9.95,
    quantity: 2,
    item: { category: 'mugs', brand: 7 },
  });
  const { maxTime } = await append(5, 9, [recordAt(7, ['{"id":1,"time":"soon"}', line])]);
  expect(maxTime).toBe(recordAt(7, []).timestamp);
  const [file] = store.files.values();
  const buffer = file!.buffer.slice(file!.byteOffset, file!.byteOffset + file!.byteLength) as ArrayBuffer;
  const compressors = { ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes) };
  const rows = await parquetReadObjects({ file: buffer, compressors });
  expect(rows[1]).toEqual({
    offset: 7n,
    index: 1,
    appended: new Date(maxTime),
    id: 'e-1',
    type: 'view',
    profile: 'u-1',
    userId: 'u-1',
    anonymousId: null,
    itemId: 'sku',
    time: new Date('2026-01-01'),
    receivedAt: null,
    value: 9.95,
    quantity: 2,
    category: 'mugs',
    brand: null,
    line,
  });
  expect(rows[0]).toMatchObject({ index: 0, id: null, time: null, line: '{"id":1,"time":"soon"}' });
});

it('reads any range once, though two have written at once', async () => {
  const { append, read } = world();
  await append(0, 4);
  await Promise.all([append(5, 9), append(5, 12)]);
  await append(10, 12);
  await append(13, 14);
  expect(await read(0)).toEqual(linesIn(stretch(0, 14)));
  expect(await read(3, 11)).toEqual(linesIn(stretch(3, 10)));
  expect(await read(15)).toEqual([]);
});

it('refuses what would leave a gap, and what it does not hold', async () => {
  const { archive, append, read } = world();
  await append(3, 4);
  await expect(append(6, 9)).rejects.toMatchObject({ code: 'LogGap', message: expect.stringContaining('offset 5') });
  await expect(append(5, 6, stretch(5, 7))).rejects.toMatchObject({ code: 'BadData' });
  await expect(read(2)).rejects.toMatchObject({ code: 'LogGap', message: expect.stringMatching(/offset 3, and 2/) });
  expect(await archive.extent(0)).toEqual({ from: 3, to: 5 });
  expect(await archive.extent(1)).toEqual({ from: 0, to: 0 });
});

it('passes over what is noted as lost', async () => {
  const { append, read } = world();
  await append(0, 4);
  await append(5, 9, []);
  await append(10, 11);
  expect(await read(0)).toEqual(linesIn([...stretch(0, 4), ...stretch(10, 11)]));
});

it('expires whole segments from the front, and keeps its place when all have gone', async () => {
  const { archive, append, read } = world();
  for (const first of [0, 5, 10]) await append(first, first + 4);
  // What a broken-off merge has left must not outlive what covers it.
  await append(0, 2);
  const timeOf = (offset: number): number => recordAt(offset, []).timestamp;
  expect(await archive.expire(timeOf(5))).toMatchObject([{ first: 0 }]);
  // As old as is allowed, and no older.
  expect(await archive.expire(timeOf(9))).toEqual([]);
  expect(await read(5)).toEqual(linesIn(stretch(5, 14)));
  expect(await archive.segments()).toHaveLength(2);
  await archive.expire(timeOf(1000));
  await archive.expire(timeOf(1000));
  expect(await archive.extent(0)).toEqual({ from: 14, to: 15 });
  expect(await read(14)).toEqual([]);
  await append(15, 16);
  expect(await read(15)).toEqual(linesIn(stretch(15, 16)));
});

it('merges many small segments into one, and shows the same at every step', async () => {
  const { store, archive, append, read } = world();
  for (let first = 0; first < 30; first += 2) await append(first, first + 1);
  const dying = new SegmentArchive({ ...store, remove: () => Promise.reject(new Error('killed')) });
  await expect(dying.merge()).rejects.toThrow('killed');
  expect(await read(0)).toEqual(linesIn(stretch(0, 29)));
  await archive.merge();
  expect(await archive.segments()).toHaveLength(1);
  expect(await read(0)).toEqual(linesIn(stretch(0, 29)));
  expect(await archive.extent(0)).toEqual({ from: 0, to: 30 });
});

it('goes on in the merged segment when the one that it was to read next is gone', async () => {
  const { archive, append } = world();
  for (let first = 0; first < 30; first += 2) await append(first, first + 1);
  const reading = archive.read({ partition: 0, from: 0 });
  const first = await reading.next();
  await archive.merge();
  const lines = linesIn([...(first.value as BrokerRecord[]), ...(await allOf(reading))]);
  expect(lines).toEqual(linesIn(stretch(0, 29)));
});

it('does not believe a list in pages that a merge has overtaken', async () => {
  const { store, archive, append } = world();
  for (let first = 0; first < 30; first += 2) await append(first, first + 1);
  let isFirst = true;
  const list = async (partition?: number): Promise<StoredSegment[]> => {
    const page = (await store.list(partition)).filter(({ first }) => first < 10);
    if (isFirst) await archive.merge();
    isFirst = false;
    return [...page, ...(await store.list(partition)).filter(({ first }) => first >= 10)];
  };
  expect(await new SegmentArchive({ ...store, list }).extent(0)).toEqual({ from: 0, to: 30 });
});

it('gives no line of a profile from the moment that it is erased, and keeps all others where they were', async () => {
  const { store, archive, append, read } = world();
  const erased = eventLine('e-x', { profile: 'u-2' });
  await append(0, 4);
  await append(5, 9, [recordAt(5, [erased]), recordAt(7, [eventLine('a'), erased, eventLine('b'), 'no JSON'])]);
  await archive.erase([{ partition: 0, before: 12, profile: profileDigest('u-2') }]);
  const left = [...stretch(0, 4), recordAt(7, [eventLine('a'), eventLine('b'), 'no JSON'])];
  expect(await read(0)).toEqual(linesIn(left));
  expect(await archive.purge()).toBe(2);
  expect(await archive.purge()).toBe(0);
  expect(await read(0)).toEqual(linesIn(left));
  expect(await archive.extent(0)).toEqual({ from: 0, to: 10 });
  expect([...store.files.keys()].every((name) => name.includes('-e000001.'))).toBe(true);
  // What comes from the log later is left out too; but who comes back stays.
  await append(10, 12, [recordAt(10, [erased]), recordAt(12, [erased])]);
  expect(await read(10)).toEqual([`12/${erased}`]);
});

it('does not write again what no erasure can concern', async () => {
  const { store, archive, append } = world();
  for (const first of [0, 5]) await append(first, first + 4);
  await archive.erase([{ partition: 0, before: 5, profile: profileDigest('nobody') }]);
  await archive.purge();
  expect([...store.files.keys()].map((name) => name.includes('-e'))).toEqual([false, true]);
});

it('knows the newest record that it holds, though nothing came after it', async () => {
  const { archive, append } = world();
  expect(await archive.newest(0)).toBeUndefined();
  await append(0, 4);
  await append(5, 9, []);
  expect(await archive.newest(0)).toEqual({ offset: 4, timestamp: recordAt(4, []).timestamp });
  await archive.expire(1e15);
  expect(await archive.newest(0)).toBeUndefined();
});

archiveBesideOthers('in memory', async () => ({ open: memorySegments, close: async () => undefined }), 40);

it('says which segment is damaged', async () => {
  const { store, append, read } = world();
  await append(0, 4);
  const [name, bytes] = [...store.files][0]!;
  const hurt = bytes.slice();
  hurt[40]! ^= 255;
  for (const wrong of [hurt, bytes.slice(0, 50), new Uint8Array()]) {
    store.files.set(name, wrong);
    await expect(read(0)).rejects.toMatchObject({ code: 'BadData', message: expect.stringContaining(name) });
  }
});

it('gives nothing of a segment, whichever of its bits is damaged', async () => {
  const { store, append, read } = world();
  await append(0, 1);
  const [name, bytes] = [...store.files][0]!;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const hurt = bytes.slice();
    hurt[bit >> 3]! ^= 1 << (bit & 7);
    store.files.set(name, hurt);
    expect(await read(0).catch((error: unknown) => error)).toMatchObject({ code: 'BadData' });
  }
});
