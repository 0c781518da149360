/** The archive as a process on a real Kafka that lets go of its records: killed at random, and read by a training. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { shopV1 } from '../../crds/presets/shop-v1.ts';
import { freePort } from '../../operator/local/free-port.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectArchive } from '../../services/shared/adapters/connect-model-store.ts';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import type { Archive } from '../../services/shared/archive.ts';
import type { Broker, Producer } from '../../services/shared/broker.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { partitionTag } from '../../services/shared/profile-store.ts';
import { historyExtent, readHistory } from '../../services/shared/read-history.ts';
import { unpackLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';
import { createRandom } from '../chaos/random.ts';
import { unique } from '../testbed/unique.ts';

const partitions = 2;
const recordsOfRound = 60;
const rounds = 6;
const linesOfRecord = 3;

let folder: string;
let broker: Broker;
let producer: Producer;
let admin: Admin;
let env: Record<string, string>;
let topic: string;
let archive: Archive;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-archive-'));
  const namespace = unique('archive');
  const topics = Object.fromEntries(streams.map((stream) => [stream, `${namespace}.shop.${stream}.e1`]));
  topic = topics['events-clean']!;
  const kafka = inject('kafka');
  broker = await connectBroker({ kafka: { address: kafka }, clientId: namespace });
  await broker.createTopics([
    { name: topic, partitions },
    { name: topics['models']!, partitions: 1, compacted: true },
    { name: topics['events-dead']!, partitions },
  ]);
  producer = await broker.producer();
  admin = new Kafka({ clientId: 'retention', brokers: [kafka], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.fetchTopicMetadata({ topics: [topic] });
  writeFileSync(join(folder, 'signing.pem'), generateSigningKey().privatePem);
  env = {
    PATH: process.env['PATH']!,
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
    LIKENESS_NAMESPACE: namespace,
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_KAFKA: kafka,
    LIKENESS_MODELS: join(folder, 'models'),
    LIKENESS_SIGNING_KEY: join(folder, 'signing.pem'),
    LIKENESS_RUN_ID: 'run-1',
    LIKENESS_ARCHIVE_AGE_MS: '100',
    LIKENESS_ARCHIVE_EVENTS: '40',
    LIKENESS_SPEC: JSON.stringify({ archive: { retention: '8760h' } }),
  };
  const place = { pipeline: `${namespace}.shop`, stream: 'events-clean', epoch: 1 } as const;
  archive = connectArchive({ LIKENESS_MODELS: env['LIKENESS_MODELS'] }, place);
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});
afterAll(async () => {
  await admin?.disconnect();
  await broker?.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(program: string, changes: Record<string, string> = {}): { child: ChildProcess; ended: Promise<string> } {
  const main = fileURLToPath(new URL(`../../services/${program}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...env, ...changes },
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<string>((resolve) =>
    child.once('close', (code, signal) => {
      children.delete(child);
      resolve(`${signal ?? code}\n${output}`);
    }),
  );
  return { child, ended };
}

let written = 0;
const startedAt = new Date().toISOString();

/** To both partitions, each line with a number of its own. */
async function write(records: number): Promise<void> {
  const values = Array.from({ length: records }, (_, record) => {
    const lines = Array.from({ length: linesOfRecord }, () => {
      const at = written++;
      const [profile, itemId] = [`u${at % 40}`, `i${(at + Math.floor(at / 40)) % 20}`];
      const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
      const received = { ingestedAt: startedAt, receivedAt: startedAt };
      return JSON.stringify({ id: `e${at}`, type: 'purchase', userId: profile, profile, itemId, time, ...received });
    });
    return { partition: record % partitions, value: Buffer.from(lines.join('\n')) };
  });
  await producer.send(topic, values);
}

async function archivedEverything(): Promise<boolean> {
  const offsets = await broker.offsets(topic);
  const extents = await Promise.all(offsets.map(({ partition }) => archive.extent(partition)));
  return offsets.every(({ high }, at) => extents[at]!.to === high);
}

/** What retention does, at once: only what is archived already. */
async function forget(): Promise<void> {
  const ends = await Promise.all(
    (await broker.offsets(topic)).map(async ({ partition, low }) => ({
      partition,
      offset: String(Math.max(low, (await archive.extent(partition)).to)),
    })),
  );
  await admin.deleteTopicRecords({ topic, partitions: ends });
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it took too long until ${what}`);
    await sleep(5);
  }
}

it('gives every line once though its process is killed at random, and a training reads what Kafka has let go', async () => {
  const random = createRandom(7);
  for (let round = 0; round < rounds; round++) {
    await write(recordsOfRound);
    const { child, ended } = run('trainer/archive');
    const before = (await archive.segments()).length;
    const more = random.between(0, 4);
    if (round < rounds - 1) await until(async () => (await archive.segments()).length >= before + more, 'some are');
    else await until(archivedEverything, 'all is archived');
    // In the middle of the next one, or between two.
    await sleep(random.between(0, 20));
    child.kill(round < rounds - 1 ? 'SIGKILL' : 'SIGTERM');
    const said = await ended;
    if (round === rounds - 1) expect(said.split('\n')[0]).toBe('0');
    await forget();
  }
  await write(1);
  const lines: string[] = [];
  let held = 0;
  for (const { partition, low, high } of await broker.offsets(topic)) {
    held += linesOfRecord * high;
    expect(low).toBeGreaterThan(0);
    const history = { broker, topic, archive };
    const extent = await historyExtent(history, partition);
    expect(extent.from).toBe(0);
    for await (const records of readHistory(history, { partition, ...extent }))
      for (const { value } of records) lines.push(...unpackLines(value!));
  }
  const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  // A producer that lost an answer has sent again: then Kafka itself has a record twice.
  expect(ids).toHaveLength(held);
  expect(new Set(ids).size).toBe(written);

  const spec = JSON.stringify({ ...shopV1, archive: { retention: '8760h' } });
  const said = await run('trainer', { LIKENESS_SPEC: spec }).ended;
  expect(said.split('\n')[0], said).toBe('0');
  const digest = /"digest":"([0-9a-f]{64})"/.exec(said)![1]!;
  const manifest = await readFile(join(folder, 'models', digest, 'manifest.json'), 'utf8');
  expect(JSON.parse(manifest)).toMatchObject({ events: written });
});

it('has feature compute profiles from what Kafka has let go of', async () => {
  const data = join(folder, 'feature');
  const port = await freePort();
  const { child, ended } = run('feature', {
    LIKENESS_SPEC: JSON.stringify({ events: shopV1.events, features: shopV1.features }),
    LIKENESS_GROUP: `${env['LIKENESS_NAMESPACE']}.shop.feature.e1`,
    LIKENESS_DATA: data,
    LIKENESS_ARCHIVE: 'true',
    LIKENESS_PORT: String(port),
  });
  const group = `${env['LIKENESS_NAMESPACE']}.shop.feature.e1`;
  const caughtUp = async (): Promise<boolean> => {
    const committed = await broker.committed(group, topic);
    return (await broker.offsets(topic)).every(({ partition, high }) => committed.get(partition) === high);
  };
  await until(caughtUp, 'feature has caught up');
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counted = /^likeness_events_total\{stage="feature",result="ok",.*\} (\d+)$/m.exec(metrics);
  expect(Number(counted?.[1])).toBe(written);
  child.kill('SIGTERM');
  expect((await ended).split('\n')[0]).toBe('0');
  const store = await connectProfileStore({ dataDir: data });
  const pipeline = { namespace: env['LIKENESS_NAMESPACE']!, name: 'shop', epoch: 1 };
  const profiles: string[] = [];
  for (let partition = 0; partition < partitions; partition++)
    for await (const id of store.list(partitionTag(pipeline, partition))) profiles.push(id);
  await store.close();
  expect(new Set(profiles).size).toBe(40);
});

it('ends with the reason where Kafka has let go of what is not archived', async () => {
  await write(20);
  await admin.deleteTopicRecords({
    topic,
    partitions: Array.from({ length: partitions }, (_, partition) => ({ partition, offset: '-1' })),
  });
  const said = await run('trainer/archive').ended;
  expect(said).toContain('"code":"LogGap"');
  const { child, ended } = run('trainer/archive', { LIKENESS_FROM_LOG_START: 'true' });
  await until(archivedEverything, 'the lost offsets are noted');
  child.kill('SIGTERM');
  expect((await ended).split('\n')[0]).toBe('0');
});
