/** A real ingest tells truthfully how much of its log Kafka does not have: while it is away, when it is back, at the end. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { freePort } from '../../operator/local/free-port.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import type { Broker } from '../../services/shared/broker.ts';
import { streams } from '../../services/shared/streams.ts';
import { unique } from '../testbed/unique.ts';
import { type SpawnedIngest, spawnIngest } from './ingest-process.ts';
import { type ReportServer, startReportServer } from './report-server.ts';

const pipeline = unique('told');
const topics = Object.fromEntries(streams.map((stream) => [stream, `test.${pipeline}.${stream}.e1`]));
const folder = mkdtempSync(join(tmpdir(), 'likeness-told-'));
const mark = join(folder, 'ingest-log.open');
const running = new Set<SpawnedIngest>();
const patience = { timeout: 30_000, interval: 50 };
let broker: Broker;
let server: ReportServer;

beforeAll(async () => {
  server = await startReportServer(folder);
  broker = await connectBroker({ kafka: inject('kafka'), clientId: 'test' });
  await broker.createTopics(['events-raw', 'items'].map((stream) => ({ name: topics[stream]!, partitions: 4 })));
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await broker?.deleteTopics(['events-raw', 'items'].map((stream) => topics[stream]!));
  await broker?.close();
  await server?.stop();
  rmSync(folder, { recursive: true });
});

async function ingestOn(kafka: string): Promise<SpawnedIngest> {
  const spawned = await spawnIngest(folder, {
    ...server.env,
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_KAFKA: kafka,
    LIKENESS_SPEC: JSON.stringify({ ingest: { log: { size: '20Mi' } } }),
  });
  running.add(spawned);
  void spawned.exited.then(() => running.delete(spawned));
  return spawned;
}

async function post(url: string, count: number): Promise<number> {
  const time = '2024-05-01T12:00:00.000Z';
  const events = Array.from({ length: count }, (_, index) => ({ type: 'view', time, userId: `u-${index}` }));
  return (await fetch(`${url}/v1/events`, { method: 'POST', body: JSON.stringify(events) })).status;
}

const putItem = async (url: string) =>
  (await fetch(`${url}/v1/items`, { method: 'PUT', body: JSON.stringify([{ itemId: 'sku-1', title: 'a mug' }]) }))
    .status;

const last = () => server.told.at(-1);
const waiting = async (url: string) =>
  /^likeness_ingest_log_waiting_events(?:\{.*\})? (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1];

it('says what waits while Kafka is away, to whoever asks and in its report', async () => {
  const ingest = await ingestOn(`127.0.0.1:${await freePort()}`);
  expect(last()).toEqual({ state: 'Open', events: 0, bytes: 0, pod: 'uid-of-pod' });
  expect([await post(ingest.url, 40), await post(ingest.url, 60), await putItem(ingest.url)]).toEqual([202, 202, 202]);
  await expect.poll(() => waiting(ingest.url), patience).toBe('101');
  await expect.poll(() => last()?.events, patience).toBeGreaterThan(90);
  expect(last()!.bytes).toBeGreaterThan(0);
  ingest.child.kill('SIGTERM');
  expect(await ingest.exited).toBe(0);
  expect(last()).toMatchObject({ state: 'Closed', events: 101 });
});

it('waits with taking anything until it has told that its log is open again', async () => {
  expect(existsSync(mark)).toBe(false);
  server.refusing = true;
  const starting = ingestOn(`127.0.0.1:${await freePort()}`);
  const first = await Promise.race([starting.then(() => 'listens'), sleep(3000, 'waits')]);
  expect(first).toBe('waits');
  server.refusing = false;
  const ingest = await starting;
  expect(last()).toMatchObject({ state: 'Open', events: 101 });
  expect(existsSync(mark)).toBe(true);
  ingest.child.kill('SIGKILL');
  await ingest.exited;
});

it('does not need anybody to hear it after a crash, whose last word was Open', async () => {
  server.refusing = true;
  const ingest = await ingestOn(`127.0.0.1:${await freePort()}`);
  expect(await post(ingest.url, 9)).toBe(202);
  ingest.child.kill('SIGTERM');
  expect(await ingest.exited).toBe(0);
  // Nobody heard the end either.
  expect(last()).toMatchObject({ state: 'Open', events: 101 });
  server.refusing = false;
});

it('delivers what Kafka takes before it ends, and says that nothing is left', async () => {
  const ingest = await ingestOn(inject('kafka'));
  await expect.poll(() => last(), patience).toMatchObject({ state: 'Open', events: 0 });
  expect(await post(ingest.url, 30)).toBe(202);
  ingest.child.kill('SIGTERM');
  expect(await ingest.exited).toBe(0);
  expect(last()).toEqual({ state: 'Closed', events: 0, bytes: 0, pod: 'uid-of-pod' });
  const offsets = await broker.offsets(topics['events-raw']!);
  expect(offsets.reduce((sum, { high }) => sum + high, 0)).toBeGreaterThan(0);
});
