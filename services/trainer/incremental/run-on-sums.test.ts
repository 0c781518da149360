import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryModelStore } from '../../shared/adapters/directory-model-store.ts';
import { DirectoryRunParts } from '../../shared/adapters/directory-run-parts.ts';
import { openEmbeddedBroker } from '../../shared/adapters/embedded-broker.ts';
import type { Broker } from '../../shared/broker.ts';
import type { CleanEvent } from '../../shared/event.ts';
import { openArtifact } from '../../shared/learning/artifact.ts';
import { invertHere } from '../../shared/learning/ease.ts';
import { generateSigningKey } from '../../shared/learning/signing.ts';
import { packLines } from '../../shared/record.ts';
import { streams } from '../../shared/streams.ts';
import { parseConfig } from '../config.ts';
import { run } from '../service.ts';

const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));
const hour = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const pair = generateSigningKey();
const signingKey = createPrivateKey(pair.privatePem);
const trusted = [createPublicKey(pair.publicPem)];

const configOf = (mode: string, window = 10) =>
  parseConfig({
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: '2',
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_RUN_ID: 'run-1',
    LIKENESS_SIGNING_KEY: '/keys/signing.pem',
    LIKENESS_SPEC: JSON.stringify({
      features: [{ name: 'history', sequence: { events: ['view', 'purchase'], length: 50 } }],
      models: [{ name: 'next-item', recommend: { history: 'history', target: ['purchase'], retrieval: { window } } }],
      training: { minEvents: 100, refresh: { mode, refitAfter: '48h' } },
    }),
  });

/** Forty profiles walk round a ring of ten items, for so many steps. */
const walk = (from: number, to: number): CleanEvent[][] =>
  Array.from({ length: to - from }, (_, at) =>
    Array.from({ length: 40 }, (__, user): CleanEvent => {
      const step = from + at;
      const time = new Date(start + (step * 40 + user) * 1000).toISOString();
      const [profile, itemId] = [`u${user}`, `item-${(user + step + ((user * step) % 3)) % 10}`];
      const times = { time, ingestedAt: time, receivedAt: time };
      return { id: `${profile}-${step}`, type: 'purchase', userId: profile, profile, itemId, ...times };
    }),
  );

let folder: string;
let broker: Broker;
let models: DirectoryModelStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-sums-'));
  broker = await openEmbeddedBroker(join(folder, 'log'));
  await broker.createTopics([
    { name: topics['events-clean']!, partitions: 2 },
    { name: topics['models']!, partitions: 1, compacted: true },
  ]);
  models = new DirectoryModelStore(join(folder, 'models'));
});
afterEach(async () => {
  await broker.close();
  await rm(folder, { recursive: true });
});

async function write(steps: readonly CleanEvent[][]): Promise<void> {
  const producer = await broker.producer();
  for (const events of steps) {
    const lines: string[][] = [[], []];
    for (const event of events) lines[Number(event.profile.slice(1)) % 2]!.push(JSON.stringify(event));
    const records = lines.flatMap((list, partition) => packLines(list).map((value) => ({ partition, value })));
    await producer.send(topics['events-clean']!, records);
  }
  await producer.close();
}

const sumsFile = () => join(folder, 'models/.runs/shop.sums/next-item/sums');

async function train({ mode = 'Incremental', window = 10, at = 0, key = signingKey as KeyObject } = {}) {
  const telemetry = { logger: pino({ level: 'silent' }), registry: new Registry() };
  const sumsOf = (model: string) =>
    new DirectoryRunParts(join(folder, 'models'), { pipeline: 'shop.sums', runId: model });
  const clock = { now: () => start + at };
  const deps = { broker, models, signingKey: key, inverter: invertHere, clock, telemetry, sumsOf };
  const [candidate] = await run(configOf(mode, window), deps);
  const files = await models.get(candidate!.digest);
  return { files, manifest: openArtifact(files, key === signingKey ? trusted : [createPublicKey(key)]).manifest };
}

test('a refresh reads only what is new, and its model has the bytes of one that has read everything', async () => {
  await write(walk(0, 8));
  const first = await train();
  expect(first.manifest.report).toMatchObject({ refresh: 'read everything: no sums are kept yet', linesRead: 320 });
  await write(walk(8, 11));
  const second = await train({ at: hour });
  expect(second.manifest.report).toMatchObject({ linesRead: 120, sumsBeyond: 0, sumsJoins: 0, sumsMoved: 0 });
  expect(second.manifest.report['refresh']).toMatch(/^added/);
  const full = await train({ mode: 'Never' });
  for (const file of ['items.json', 'sr.matrix', 'ease.matrix'])
    expect(Buffer.compare(second.files.get(file)!, full.files.get(file)!), file).toBe(0);
  expect(second.manifest.offsets).toEqual(full.manifest.offsets);
  expect([second.manifest.events, second.manifest.profiles]).toEqual([full.manifest.events, full.manifest.profiles]);
});

test('a refresh is judged on what is new by a model that has not seen it', async () => {
  await write(walk(0, 8));
  await train();
  await write(walk(8, 11));
  const { manifest } = await train({ at: hour });
  // Three baskets of each profile, of which the later half judges; a ring leaves little to guess.
  expect(manifest.metrics['questions']).toBeGreaterThan(0);
  expect(manifest.metrics['questions']).toBeLessThanOrEqual(60);
  expect(manifest.twin?.before).toBe(new Date(start + 8 * 40 * 1000 - 999).toISOString());
});

test('everything is read again once that is long enough ago', async () => {
  await write(walk(0, 8));
  await train();
  const early = await train({ at: 47 * hour });
  expect(early.manifest.report['linesRead']).toBe(0);
  const late = await train({ at: 48 * hour });
  expect(late.manifest.report['refresh']).toBe('read everything: everything was last read long enough ago');
});

test('sums of another model, another key, or that are damaged are not gone on with', async () => {
  await write(walk(0, 8));
  await train();
  expect((await train({ window: 5 })).manifest.report['refresh']).toMatch(/of another model, spec, code or epoch$/);
  const other = createPrivateKey(generateSigningKey().privatePem);
  expect((await train({ window: 5, key: other })).manifest.report['refresh']).toMatch(/damaged, or another key/);
  const bytes = await readFile(sumsFile());
  bytes[bytes.length - 9]! ^= 1;
  await writeFile(sumsFile(), bytes);
  expect((await train({ window: 5, key: other })).manifest.report['refresh']).toMatch(/damaged, or another key/);
});
