/** The write-ahead log: nothing that was durable and not delivered is lost, whatever the disk does. */
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakableFolder, breakableFolder } from '../../../test/ingest/breakable-folder.ts';
import type { LikenessError } from '../errors.ts';
import { openWriteAheadLog, type LogEntry, type WriteAheadLog } from './write-ahead-log.ts';
import { type LogFolder, openLogFolder, segmentName } from './write-ahead-log-folder.ts';
import { decodeFrames, encodeFrame } from './write-ahead-log-frames.ts';

const payload = (text: string) => Buffer.from(text);
const damages: LikenessError[] = [];
const open = (folder: LogFolder, maxBytes = 1e9) =>
  openWriteAheadLog({ folder, maxBytes, onDamage: (error) => damages.push(error) });

beforeEach(() => {
  damages.length = 0;
});

/** Takes the whole backlog as texts and delivers it. */
async function drain(log: WriteAheadLog): Promise<string[]> {
  const texts: string[] = [];
  for (let part = await log.takeBacklog(); part !== undefined; part = await log.takeBacklog()) {
    expect(texts.length).toBeLessThan(1000);
    texts.push(...part.payloads.map(String));
    part.settle(true);
  }
  return texts;
}

/** Appends and gives the frames up to the backlog. */
async function leave(log: WriteAheadLog, texts: readonly string[]): Promise<void> {
  const entries = texts.map((text) => log.append(payload(text)));
  for (const entry of entries) log.settle(entry, false);
  await Promise.all(entries.map(({ durable }) => durable));
}

describe('frames', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })), (payloads) => {
        const { payloads: read, damaged } = decodeFrames(Buffer.concat(payloads.map(encodeFrame)));
        expect(read.map((bytes) => [...bytes])).toEqual(payloads.map((bytes) => [...bytes]));
        expect(damaged).toBe(false);
      }),
    );
  });

  it('are all there but one when any single byte is changed', () => {
    const frames = ['first', 'second', 'third'].map((text) => encodeFrame(payload(text)));
    const whole = Buffer.concat(frames);
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 0x40;
      const { payloads, damaged } = decodeFrames(bytes);
      expect(payloads).toHaveLength(2);
      expect(damaged).toBe(at < frames[0]!.length + frames[1]!.length);
    }
  });
});

describe('the write-ahead log', () => {
  it('keeps what is not delivered, in order, over a restart, and forgets the rest', async () => {
    const folder = breakableFolder();
    const log = await open(folder);
    const entries = ['a', 'b', 'c', 'd'].map((text) => log.append(payload(text)));
    await Promise.all(entries.map(({ durable }) => durable));
    log.settle(entries[1]!, true);
    log.settle(entries[3]!, false);
    log.settle(entries[0]!, false);
    expect(await drain(log)).toEqual(['a', 'd']);
    log.settle(entries[2]!, true);
    await log.close();
    expect(folder.files.size).toBe(0);

    const next = await open(folder);
    await leave(next, ['e', 'f']);
    await next.close();
    const last = await open(folder);
    expect(last.hasBacklog).toBe(true);
    expect(await drain(last)).toEqual(['e', 'f']);
    expect(last.hasBacklog).toBe(false);
    await last.close();
    expect(folder.files.size).toBe(0);
  });

  it('offers a part again that could not be delivered', async () => {
    const log = await open(breakableFolder());
    await leave(log, ['a', 'b']);
    const part = await log.takeBacklog();
    expect(log.hasBacklog).toBe(true);
    await leave(log, ['c']);
    part!.settle(false);
    expect(await drain(log)).toEqual(['a', 'b', 'c']);
  });

  it('drops segments as they are delivered, and knows when it is full', async () => {
    const folder = breakableFolder();
    const log = await open(folder, 4000);
    const text = 'x'.repeat(500);
    const entries: LogEntry[] = [];
    while (!log.full && entries.length < 100) {
      const entry = log.append(payload(text));
      await entry.durable;
      entries.push(entry);
    }
    expect(log.size).toBeGreaterThanOrEqual(4000);
    expect(folder.files.size).toBeGreaterThan(2);
    for (const entry of entries) log.settle(entry, true);
    expect(log.full).toBe(false);
    await log.close();
    expect(folder.files.size).toBe(0);
  });

  it('loses nothing but the last frame when that is torn at any of its bytes', async () => {
    const folder = breakableFolder();
    const log = await open(folder);
    await leave(log, ['first', 'second', 'the last one']);
    const [name, file] = [...folder.files][0]!;
    const lastFrame = encodeFrame(payload('the last one')).length;
    for (let cut = 1; cut <= lastFrame; cut++) {
      const bytes = Buffer.from(file.bytes.subarray(0, file.bytes.length - cut));
      const torn = breakableFolder(new Map([[name, { bytes, synced: bytes.length }]]));
      expect(await drain(await open(torn))).toEqual(['first', 'second']);
    }
    expect(damages).toEqual([]);
    // A disk may also fill what it never wrote with zeros, or with anything.
    for (const filler of [0, 0xff]) {
      const bytes = Buffer.from(file.bytes);
      bytes.fill(filler, bytes.length - lastFrame);
      const torn = breakableFolder(new Map([[name, { bytes, synced: bytes.length }]]));
      expect(await drain(await open(torn))).toEqual(['first', 'second']);
    }
  });

  it('sets a file aside in which the disk lost something, once the rest is delivered', async () => {
    const folder = breakableFolder();
    await leave(await open(folder), ['first', 'second', 'third']);
    const [name, file] = [...folder.files][0]!;
    file.bytes[file.bytes.indexOf('second')]! ^= 1;
    const log = await open(folder);
    expect(await drain(log)).toEqual(['first', 'third']);
    await log.close();
    expect([...folder.files.keys()]).toEqual([`${name}.damaged`]);
    expect(damages.map(({ code }) => code)).toEqual(['WriteAheadLogFailed']);
  });

  for (const [fault, code] of [
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
    ['create', 'ENOSPC'],
  ] as const)
    it(`refuses appends while ${fault} fails with ${code}, keeps what it had, and recovers`, async () => {
      const folder = breakableFolder();
      const log = await open(folder);
      if (fault !== 'create') await leave(log, ['before']);
      folder.faults.set(fault, code);
      const entry = log.append(payload('refused'));
      log.settle(entry, false);
      await expect(entry.durable).rejects.toMatchObject({ code: 'WriteAheadLogFailed', retryable: true });
      await log.recover();
      expect(log.failure?.message).toContain(code);
      folder.faults.clear();
      await log.recover();
      expect(log.failure).toBeUndefined();
      await leave(log, ['after']);
      const kept = fault === 'create' ? ['after'] : ['before', 'after'];
      const reopened = await open(folder.afterPowerCut(() => 0));
      expect(await drain(reopened)).toEqual(kept);
      expect(await drain(log)).toEqual(kept);
      expect(damages).toEqual([]);
    });

  it('keeps the backlog while the disk cannot be read', async () => {
    const folder = breakableFolder();
    const log = await open(folder);
    await leave(log, ['a']);
    folder.faults.set('read', 'EIO');
    await expect(log.takeBacklog()).rejects.toMatchObject({ code: 'EIO' });
    folder.faults.clear();
    expect(await drain(log)).toEqual(['a']);
  });

  it('never loses a frame that was durable and not delivered, in any order of calls, faults and power cuts', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const) }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(), delivered: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), delivered: fc.boolean() }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('fault' as const),
          fault: fc.constantFrom('write', 'sync', 'create', 'read', 'truncate'),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('heal' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('powerCut' as const), keep: fc.nat({ max: 60 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const model = createModel();
        await model.start();
        for (const each of steps) {
          if (each.do === 'append') await model.append();
          if (each.do === 'settle') model.settle(each.which, each.delivered);
          if (each.do === 'take') await model.take(each.delivered);
          if (each.do === 'fault') model.folder.faults.set(each.fault as 'write', 'EIO');
          if (each.do === 'heal') model.folder.faults.clear();
          if (each.do === 'powerCut') await model.powerCut(each.keep);
        }
        await model.powerCut(0);
        const left = await drain(model.log);
        expect(new Set(left)).toEqual(new Set([...left, ...model.owed]));
        const known = left.filter((text) => model.owed.has(text));
        expect(known).toEqual(known.toSorted());
      }),
      { numRuns: 150 },
    );
  });
});

/** The log beside what it owes: names of frames that were durable and not delivered. */
function createModel() {
  let folder: BreakableFolder = breakableFolder();
  let log: WriteAheadLog;
  let next = 0;
  let held: { entry: LogEntry; text: string }[] = [];
  const owed = new Set<string>();
  return {
    owed,
    get folder() {
      return folder;
    },
    get log() {
      return log;
    },
    start: async () => {
      log = await open(folder, 2000);
    },
    append: async () => {
      const text = `frame ${String(next++).padStart(4, '0')}`;
      const entry = log.append(payload(text));
      const durable = await entry.durable.then(
        () => true,
        () => false,
      );
      if (durable) owed.add(text);
      held.push({ entry, text });
    },
    settle: (which: number, delivered: boolean) => {
      if (held.length === 0) return;
      const [{ entry, text }] = held.splice(which % held.length, 1) as [(typeof held)[number]];
      log.settle(entry, delivered);
      if (delivered) owed.delete(text);
    },
    take: async (delivered: boolean) => {
      const part = await log.takeBacklog().catch(() => undefined);
      part?.settle(delivered);
      if (delivered) for (const text of part?.payloads ?? []) owed.delete(String(text));
    },
    powerCut: async (keep: number) => {
      folder = folder.afterPowerCut((unsynced) => Math.min(unsynced, keep));
      held = [];
      log = await open(folder, 2000);
    },
  };
}

describe('on a real folder', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'likeness-wal-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  it('survives a restart and a torn tail, and passes over foreign files', async () => {
    await writeFile(join(path, 'notes.txt'), 'not a segment');
    const log = await open(await openLogFolder(join(path, 'log')));
    await leave(log, ['a', 'b'.repeat(100_000), 'c']);
    await log.close();
    const first = join(path, 'log', segmentName(1));
    await truncate(first, 8 + 9 + 100_008 + 4);
    await writeFile(join(path, 'log', segmentName(2)), 'LKW');
    const again = await open(await openLogFolder(join(path, 'log')));
    expect((await drain(again)).map((text) => text.length)).toEqual([1, 100_000]);
    await again.close();
    expect(await readdir(join(path, 'log'))).toEqual([]);
  });
});
