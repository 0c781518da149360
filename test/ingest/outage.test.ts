/** The write-ahead log in earnest: Kafka away, the process killed, and every accepted event arrives all the same. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { RawEvent } from '../../services/shared/event.ts';
import { unpackLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';
import { freePort } from '../../operator/local/free-port.ts';
import { unique } from '../testbed/unique.ts';
import { type SpawnedIngest, spawnIngest } from './ingest-process.ts';

const pipeline = unique('outage');
const topics = Object.fromEntries(streams.map((stream) => [stream, `test.${pipeline}.${stream}.e1`]));
const raw = topics['events-raw']!;
const folder = mkdtempSync(join(tmpdir(), 'likeness-outage-'));
const running = new Set<SpawnedIngest>();
/** Ids in events-raw, as they arrive. */
const stored: string[] = [];
let broker: Broker;
let follower: { close(): Promise<void> };

beforeAll(async () => {
  broker = await connectBroker({ kafka: inject('kafka'), clientId: 'test' });
  await broker.createTopics([{ name: raw, partitions: 4 }]);
  follower = await broker.follow({
    topic: raw,
    onRecords: (_partition, records) => {
      for (const { value } of records)
        stored.push(...unpackLines(value!).map((line) => (JSON.parse(line) as RawEvent).id));
    },
    onFatal: (error) => expect.unreachable(String(error)),
  });
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await follower.close();
  await broker.deleteTopics([raw]);
  await broker.close();
  rmSync(folder, { recursive: true });
});

async function ingestOn(kafka: string): Promise<SpawnedIngest> {
  const spawned = await spawnIngest(folder, {
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_KAFKA: kafka,
    LIKENESS_SPEC: JSON.stringify({ ingest: { log: { size: '20Mi' } } }),
  });
  running.add(spawned);
  void spawned.exited.then(() => running.delete(spawned));
  return spawned;
}

async function post(url: string, ids: readonly string[]): Promise<number> {
  const time = '2024-05-01T12:00:00.000Z';
  const body = JSON.stringify(ids.map((id) => ({ id, type: 'view', time, userId: `user of ${id}` })));
  return (await fetch(`${url}/v1/events`, { method: 'POST', body })).status;
}

it('delivers after the outage what was accepted during it, though the process was killed', async () => {
  const nowhere = `127.0.0.1:${await freePort()}`;
  const first = await ingestOn(nowhere);
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  const accepted: string[] = [];
  for (let batch = 0; batch < 50; batch++) {
    const ids = Array.from({ length: 40 }, (_, index) => `${pipeline}-${batch}-${index}`);
    expect(await post(first.url, ids)).toBe(202);
    accepted.push(...ids);
  }
  first.child.kill('SIGKILL');
  await first.exited;
  expect(stored).toEqual([]);

  const second = await ingestOn(inject('kafka'));
  expect(await post(second.url, ['after'])).toBe(202);
  const wanted = new Set([...accepted, 'after']);
  await vi.waitFor(() => expect(new Set(stored)).toEqual(wanted), { timeout: 30_000, interval: 50 });
  second.child.kill('SIGTERM');
  expect(await second.exited).toBe(0);

  // Nothing is owed any more: a third run has nothing to send again.
  const count = stored.length;
  const third = await ingestOn(inject('kafka'));
  expect(await post(third.url, ['last'])).toBe(202);
  await vi.waitFor(() => expect(stored).toContain('last'), { timeout: 30_000, interval: 50 });
  third.child.kill('SIGTERM');
  expect(await third.exited).toBe(0);
  expect(stored).toHaveLength(count + 1);
});
