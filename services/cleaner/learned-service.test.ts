import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryModelStore } from '../shared/adapters/directory-model-store.ts';
import { openEmbeddedBroker } from '../shared/adapters/embedded-broker.ts';
import type { Broker } from '../shared/broker.ts';
import type { CleanEvent } from '../shared/event.ts';
import { sealArtifact, sha256 } from '../shared/learning/artifact.ts';
import { cleaningFile, encodeCleaning, imputeDefinition } from '../shared/learning/cleaning/cleaning-model.ts';
import { ItemIndex } from '../shared/learning/item-index.ts';
import { encodeModel } from '../shared/learning/model.ts';
import { Popularity } from '../shared/learning/popularity.ts';
import { generateSigningKey } from '../shared/learning/signing.ts';
import type { ModelStore } from '../shared/model-store.ts';
import { activeKey } from '../shared/model-stream.ts';
import { unpackLines } from '../shared/record.ts';
import { streams } from '../shared/streams.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

const topics = Object.fromEntries(streams.map((stream) => [stream, `test.${stream}.e1`]));
const step = { name: 'price', field: 'value', with: 'Mean' } as const;
const spec = { events: [{ name: 'view' }], cleaning: { impute: [step] }, cleaningModel: 'next-item' };
const pair = generateSigningKey();
const time = '2024-02-01T12:00:00.000Z';
const line = (id: string): string =>
  JSON.stringify({ id, type: 'view', userId: 'u', time, ingestedAt: time, receivedAt: time });

let folder: string;
let broker: Broker;
let models: DirectoryModelStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-learned-'));
  writeFileSync(join(folder, 'signing.pub.pem'), pair.publicPem);
  models = new DirectoryModelStore(join(folder, 'models'));
  broker = await openEmbeddedBroker(join(folder, 'log'));
  await broker.createTopics(streams.map((stream) => ({ name: topics[stream]!, partitions: 1 })));
});

afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

async function produce(stream: string, key: string | null, text: string): Promise<void> {
  const producer = await broker.producer();
  await producer.send(topics[stream]!, [{ partition: 0, ...(key !== null && { key }), value: Buffer.from(text) }]);
  await producer.close();
}

/** Puts a model into the store, and into service, that has learned this mean. */
async function activate(generation: number, mean: number, privatePem = pair.privatePem): Promise<void> {
  const popularity = new Popularity(new ItemIndex(['mug']), Float64Array.of(1));
  const files = encodeModel({ recommender: popularity, popularity, itemAttributes: [undefined] });
  const learned = { name: 'price', definition: imputeDefinition(step), values: 9, overall: mean, groups: [] };
  files.set(cleaningFile, encodeCleaning({ format: 1, impute: [learned], scale: [], outliers: [] }));
  const own = { kind: 'popularity', model: 'next-item', runId: `run-${generation}`, trainedAt: time } as const;
  const counts = { codeVersion: 'learning/1', featureSchema: sha256(Buffer.from('')), offsets: [], events: 9 };
  const figures = { profiles: 1, items: 1, metrics: {}, report: {} };
  const {
    digest,
    manifest,
    files: sealed,
  } = sealArtifact(files, { ...own, ...counts, ...figures }, createPrivateKey(privatePem));
  await models.put(digest, sealed);
  const { version, model } = manifest;
  const message = { kind: 'active', model, version, digest, generation, canaryPercent: 100, activatedAt: time };
  await produce('models', activeKey('next-item'), JSON.stringify(message));
}

async function clean(): Promise<CleanEvent[]> {
  const events: CleanEvent[] = [];
  for await (const records of broker.read({ topic: topics['events-clean']!, partition: 0, from: 0, to: 100 }))
    for (const { value } of records) events.push(...unpackLines(value!).map((text) => JSON.parse(text) as CleanEvent));
  return events;
}

const config = (more: object = {}) =>
  parseConfig({
    LIKENESS_PIPELINE: 'test',
    LIKENESS_PARTITIONS: '1',
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_GROUP: 'test.cleaner',
    LIKENESS_SPEC: JSON.stringify(spec),
    LIKENESS_TRUSTED_KEYS: join(folder, 'signing.pub.pem'),
    ...more,
  });

async function startCleaner(store: ModelStore = models, patienceMs?: number) {
  const registry = new Registry();
  const telemetry = { logger: pino({ level: 'silent' }), registry };
  const onFatal = (error: unknown) => expect.unreachable(String(error));
  const waits = { retryMs: 5, ...(patienceMs !== undefined && { patienceMs }) };
  const service = await start(config(), { broker, models: store, telemetry, clock: Date, onFatal, ...waits });
  return { service, registry };
}

/** Patient, because the machine may be busy. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 20 });

describe('the cleaner of a spec with steps that learn', () => {
  it('leaves events as they are until there is a model, and then goes by the newest', async () => {
    await produce('events-raw', null, line('a'));
    const { service, registry } = await startCleaner();
    await eventually(async () => expect(await clean()).toHaveLength(1));
    expect((await clean())[0]).not.toHaveProperty('value');
    for (const [generation, mean] of [
      [1, 5],
      [2, 7],
    ] as const) {
      await activate(generation, mean);
      const loads = `likeness_cleaning_model_loads_total{result="loaded"} ${generation}`;
      await eventually(async () => expect(await registry.metrics()).toContain(loads));
      await produce('events-raw', null, line(`m${mean}`));
      await eventually(async () => expect((await clean()).at(-1)).toMatchObject({ id: `m${mean}`, value: mean }));
    }
    expect((await clean()).at(-1)!.cleanedBy).toMatch(/^popularity-/);
    const metrics = await registry.metrics();
    expect(metrics).toContain('likeness_cleaning_applied_total{kind="unlearned",step="price"} 1');
    expect(metrics).toContain('likeness_cleaning_applied_total{kind="imputed",step="price"} 2');
    expect(service.health()).toEqual({ ready: true, reasons: [] });
    await service.stop();
  });

  it('begins with the model that is in service, however long it takes to fetch', async () => {
    await activate(1, 5);
    await produce('events-raw', null, line('a'));
    let asked = 0;
    const get = (digest: string) => (asked++ < 3 ? Promise.reject(new Error('away')) : models.get(digest));
    const { service } = await startCleaner({ put: () => Promise.resolve(), list: () => models.list(), get });
    expect(service.health().ready).toBe(false);
    await eventually(async () => expect(await clean()).toMatchObject([{ id: 'a', value: 5, imputed: ['value'] }]));
    await service.stop();
  });

  it('goes on without after a while, and says why', async () => {
    await activate(1, 5);
    await produce('events-raw', null, line('a'));
    const get = () => Promise.reject(new Error('the store is away'));
    const { service } = await startCleaner({ put: () => Promise.resolve(), list: () => models.list(), get }, 50);
    await eventually(async () => expect(await clean()).toHaveLength(1));
    expect(service.health()).toMatchObject({ ready: true, notes: [expect.stringContaining('the store is away')] });
    await service.stop();
  });

  it('cleans by nothing that no trusted key has signed', async () => {
    await activate(1, 5, generateSigningKey().privatePem);
    await produce('events-raw', null, line('a'));
    const { service } = await startCleaner();
    await eventually(async () => expect(await clean()).toHaveLength(1));
    expect((await clean())[0]).not.toHaveProperty('value');
    expect(service.health().notes).toEqual([expect.stringContaining('no trusted key')]);
    await service.stop();
  });

  it('stops while it waits for a model', async () => {
    await activate(1, 5);
    const get = () => Promise.reject(new Error('away'));
    const { service } = await startCleaner({ put: () => Promise.resolve(), list: () => models.list(), get });
    await service.stop();
    expect(await clean()).toEqual([]);
  });

  it('needs to know whose models it may trust', () => {
    expect(() => config({ LIKENESS_TRUSTED_KEYS: undefined })).toThrow(
      expect.objectContaining({ code: 'BadConfig', message: expect.stringContaining('LIKENESS_TRUSTED_KEYS') }),
    );
  });
});
