/** What only the embedded log does: other processes on the same folder, retention, compaction, topics that change. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Broker, BrokerRecord } from '../../broker.ts';
import { connectBroker } from '../connect-broker.ts';
import { openEmbeddedBroker } from '../embedded-broker.ts';
import { acquireLog } from './embedded-log.ts';

const patience = { timeout: 15_000, interval: 10 };
const text = (record: BrokerRecord): string => (record.value ? Buffer.from(record.value).toString() : '(null)');
const onFatal = (error: unknown) => {
  throw error;
};

let folder: string;
let clock: number;
let broker: Broker;
const options = { now: () => clock };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-embedded-'));
  clock = 1_000_000;
  broker = await openEmbeddedBroker(folder, options);
});
afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

async function send(topic: string, records: readonly { key?: string; value: string | null }[]) {
  const producer = await broker.producer();
  await producer.send(
    topic,
    records.map(({ key, value }) => ({
      partition: 0,
      key: key ?? null,
      value: value === null ? null : Buffer.from(value),
    })),
  );
}

async function readAll(topic: string): Promise<BrokerRecord[]> {
  const found: BrokerRecord[] = [];
  for await (const records of broker.read({ topic, partition: 0, from: 0, to: Infinity })) found.push(...records);
  return found;
}

async function upkeep() {
  const { log, release } = await acquireLog(folder, options);
  await log.upkeep();
  await release();
}

/** A script in another process, with `broker` open on the same folder. */
function spawnScript(script: string) {
  const module = join(import.meta.dirname, '..', 'embedded-broker.ts');
  const code = `import { openEmbeddedBroker } from ${JSON.stringify(module)};
    const broker = await openEmbeddedBroker(${JSON.stringify(folder)});
    ${script}
    await broker.close();`;
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function elsewhere(script: string): Promise<void> {
  const [exitCode] = (await once(spawnScript(script), 'exit')) as [number];
  expect(exitCode).toBe(0);
}

describe('two processes on one folder', () => {
  it('append without losing, doubling or reordering anything, and with dense offsets', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    const producing = elsewhere(`const producer = await broker.producer();
      for (let i = 0; i < 150; i++) await producer.send('t', [{ partition: 0, value: Buffer.from('there ' + i) }]);`);
    let here = 0;
    let isOver = false;
    void producing.finally(() => (isOver = true));
    while (!isOver) await send('t', [{ value: `here ${here++}` }]);
    await producing;
    const records = await readAll('t');
    expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: here + 150 }, (_, index) => index));
    for (const [side, count] of [
      ['there', 150],
      ['here', here],
    ] as const) {
      const own = records.map(text).filter((value) => value.startsWith(side));
      expect(own).toEqual(Array.from({ length: count }, (_, index) => `${side} ${index}`));
    }
  });

  it('wake each other: a consumer here gets what was appended there', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    const seen: string[] = [];
    await broker.consume({
      group: 'g',
      topics: ['t'],
      onFatal,
      onBatch: async ({ records }) => void seen.push(...records.map(text)),
    });
    await elsewhere(`await (await broker.producer()).send('t', [{ partition: 0, value: Buffer.from('news') }]);`);
    await vi.waitFor(() => expect(seen).toEqual(['news']), patience);
  });

  it('see topics that the other created, and those it created again', async () => {
    await elsewhere(`await broker.createTopics([{ name: 't', partitions: 1 }]);
      await (await broker.producer()).send('t', [{ partition: 0, value: Buffer.from('old') }]);`);
    expect(await broker.offsets('t')).toEqual([{ partition: 0, low: 0, high: 1 }]);
    const seen: string[] = [];
    const revoked = vi.fn();
    await broker.consume({
      group: 'g',
      topics: ['t'],
      onFatal,
      onRevoked: revoked,
      onBatch: async ({ records }) => void seen.push(...records.map(text)),
    });
    await vi.waitFor(() => expect(seen).toEqual(['old']), patience);
    await elsewhere(`await broker.deleteTopics(['t']);
      await broker.createTopics([{ name: 't', partitions: 1 }]);
      await (await broker.producer()).send('t', [{ partition: 0, value: Buffer.from('new') }]);`);
    await vi.waitFor(() => expect(seen).toEqual(['old', 'new']), patience);
    expect(revoked).toHaveBeenCalledWith([{ topic: 't', partition: 0 }]);
  });

  it('tell a follower that its topic was created again', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    const failed = vi.fn();
    await broker.follow({ topic: 't', onRecords: () => {}, onFatal: failed });
    await elsewhere(`await broker.deleteTopics(['t']);
      await broker.createTopics([{ name: 't', partitions: 1 }]);`);
    await vi.waitFor(
      () => expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'LogRecreated' })),
      patience,
    );
  });
});

describe('a process that is killed while it appends', () => {
  it('leaves all that it was told is durable, and nothing out of order', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    const child = spawnScript(`const producer = await broker.producer();
      for (let i = 0; ; i++) {
        await producer.send('t', [{ partition: 0, value: Buffer.from(String(i)) }]);
        process.stdout.write('.');
      }`);
    let durable = 0;
    child.stdout.on('data', (dots: Buffer) => (durable += dots.length));
    await vi.waitFor(() => expect(durable).toBeGreaterThan(50), patience);
    child.kill('SIGKILL');
    await once(child, 'close');
    const values = (await readAll('t')).map(text);
    expect(values.length).toBeGreaterThanOrEqual(durable);
    expect(values).toEqual(values.map((_, index) => String(index)));
    await send('t', [{ value: 'after' }]);
    // A snapshot may be a moment old: what the child committed last shows at the latest now.
    const all = await readAll('t');
    expect(all.map(text)).toEqual([...all.slice(1).map((_, index) => String(index)), 'after']);
    expect(all.map(({ offset }) => offset)).toEqual(all.map((_, index) => index));
  });
});

describe('upkeep', () => {
  it('drops records older than the retention, and only those', async () => {
    await broker.createTopics([
      { name: 't', partitions: 1, retentionMs: 1_000 },
      { name: 'kept', partitions: 1 },
    ]);
    await send('kept', [{ value: 'for ever' }]);
    await send('t', [{ value: 'a' }, { value: 'b' }]);
    clock += 600;
    await send('t', [{ value: 'c' }]);
    clock += 600;
    await upkeep();
    expect(await broker.offsets('t')).toEqual([{ partition: 0, low: 2, high: 3 }]);
    expect((await readAll('t')).map(text)).toEqual(['c']);
    expect((await readAll('kept')).map(text)).toEqual(['for ever']);
  });

  it('keeps of a compacted topic the newest record of each key, where it was', async () => {
    await broker.createTopics([{ name: 't', partitions: 1, compacted: true }]);
    await send('t', [{ key: 'a', value: 'a1' }, { key: 'b', value: 'b1' }, { value: 'no key' }]);
    await send(
      't',
      Array.from({ length: 1_200 }, (_, index) => ({ key: 'c', value: String(index) })),
    );
    await send('t', [
      { key: 'a', value: 'a2' },
      { key: 'b', value: null },
    ]);
    await upkeep();
    const kept = await readAll('t');
    expect(kept.map((record) => [record.offset, record.key, text(record)])).toEqual([
      [2, null, 'no key'],
      [1_202, 'c', '1199'],
      [1_203, 'a', 'a2'],
      [1_204, 'b', '(null)'],
    ]);
    expect(await broker.offsets('t')).toEqual([{ partition: 0, low: 0, high: 1_205 }]);
  });
});

describe('a folder', () => {
  it('opened again holds what was sent, and goes on from there', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    await send('t', [{ value: 'a' }]);
    await broker.close();
    broker = await openEmbeddedBroker(folder, options);
    await send('t', [{ value: 'b' }]);
    expect((await readAll('t')).map((record) => [record.offset, text(record)])).toEqual([
      [0, 'a'],
      [1, 'b'],
    ]);
  });

  it('is shared by all who open it in a process, until the last one closes', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    const other = await openEmbeddedBroker(folder, options);
    await other.close();
    await send('t', [{ value: 'still open' }]);
    expect((await readAll('t')).map(text)).toEqual(['still open']);
  });

  it('that is closed takes nothing more', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await broker.producer();
    await broker.close();
    await expect(producer.send('t', [{ partition: 0, value: null }])).rejects.toMatchObject({
      code: 'BrokerUnavailable',
    });
  });

  it('keeps the clock of a partition from running backwards', async () => {
    await broker.createTopics([{ name: 't', partitions: 1 }]);
    await send('t', [{ value: 'a' }]);
    clock -= 500;
    await send('t', [{ value: 'b' }]);
    expect((await readAll('t')).map(({ timestamp }) => timestamp)).toEqual([1_000_000, 1_000_000]);
  });

  it('refuses a partition that the topic does not have, and the rest of that send with it', async () => {
    await broker.createTopics([{ name: 't', partitions: 2 }]);
    const producer = await broker.producer();
    const value = Buffer.from('x');
    const bad = producer.send('t', [
      { partition: 0, value },
      { partition: 2, value },
    ]);
    const good = producer.send('t', [{ partition: 1, value }]);
    await expect(bad).rejects.toMatchObject({ code: 'BadConfig' });
    await good;
    expect(await broker.offsets('t')).toEqual([
      { partition: 0, low: 0, high: 0 },
      { partition: 1, low: 0, high: 1 },
    ]);
  });
});

describe('connectBroker', () => {
  it('opens the log in the data folder, and refuses to guess', async () => {
    const connected = await connectBroker({ dataDir: folder, clientId: 'test' });
    await connected.createTopics([{ name: 't', partitions: 1 }]);
    await connected.close();
    await expect(connectBroker({ clientId: 'test' })).rejects.toMatchObject({ code: 'BadConfig' });
  });
});
