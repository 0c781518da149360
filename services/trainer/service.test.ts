import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryModelStore } from '../shared/adapters/directory-model-store.ts';
import { openEmbeddedBroker } from '../shared/adapters/embedded-broker.ts';
import type { Broker } from '../shared/broker.ts';
import type { CleanEvent } from '../shared/event.ts';
import { openArtifact, openCleaning } from '../shared/learning/artifact.ts';
import { invertHere } from '../shared/learning/ease.ts';
import { generateSigningKey } from '../shared/learning/signing.ts';
import type { CandidateMessage } from '../shared/model-stream.ts';
import { packLines } from '../shared/record.ts';
import { noReporter, type Progress } from '../shared/reporter.ts';
import { streams } from '../shared/streams.ts';
import { parseConfig } from './config.ts';
import { run } from './service.ts';

const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));
const spec = {
  features: [{ name: 'history', sequence: { events: ['view', 'purchase'], length: 50 } }],
  models: [{ name: 'next-item', recommend: { history: 'history', target: ['purchase'] } }],
  training: { minEvents: 100 },
};
const env = (changes: object = {}): Record<string, string> => ({
  LIKENESS_PIPELINE: 'shop',
  LIKENESS_PARTITIONS: '2',
  LIKENESS_TOPICS: JSON.stringify(topics),
  LIKENESS_RUN_ID: 'run-1',
  LIKENESS_SIGNING_KEY: '/keys/signing.pem',
  LIKENESS_SPEC: JSON.stringify({ ...spec, ...changes }),
});

const minute = 60_000;
const timeAt = (at: number): string => new Date(Date.UTC(2026, 0, 1) + at * minute).toISOString();

function event(id: number, profile: string, itemId: string, more: Partial<CleanEvent> = {}): CleanEvent {
  const time = timeAt(id);
  return {
    id: `e${id}`,
    type: 'purchase',
    userId: profile,
    profile,
    itemId,
    time,
    ingestedAt: time,
    receivedAt: time,
    ...more,
  };
}

/** Forty profiles that walk round a ring of ten items, each from a place of its own: the next item is certain. */
function ring(): CleanEvent[] {
  const events: CleanEvent[] = [];
  for (let step = 0; step < 6; step++)
    for (let user = 0; user < 40; user++)
      events.push(
        event(events.length, `u${user}`, `item-${(user + step) % 10}`, {
          item: { category: `c${(user + step) % 10}` },
        }),
      );
  return events;
}

const pair = generateSigningKey();
const signingKey = createPrivateKey(pair.privatePem);
const trusted = [createPublicKey(pair.publicPem)];

describe('the trainer', () => {
  let folder: string;
  let broker: Broker;
  let models: DirectoryModelStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-trainer-'));
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

  /** A profile's partition is that of its number, so that both hold something. */
  async function write(events: readonly (CleanEvent | string)[]): Promise<void> {
    const lines: string[][] = [[], []];
    for (const one of events)
      if (typeof one === 'string') lines[0]!.push(one);
      else lines[Number(/\d+/.exec(one.profile)?.[0] ?? 0) % 2]!.push(JSON.stringify(one));
    const records = lines.flatMap((list, partition) => packLines(list).map((value) => ({ partition, value })));
    const producer = await broker.producer();
    await producer.send(topics['events-clean']!, records);
    await producer.close();
  }

  const train = (changes: object = {}, runEnv: object = {}, reporter = noReporter) => {
    const telemetry = { logger: pino({ level: 'silent' }), registry: new Registry() };
    const deps = { broker, models, signingKey, inverter: invertHere, clock: Date, telemetry, reporter };
    return run(parseConfig({ ...env(changes), ...runEnv }), deps);
  };

  async function announced(): Promise<{ key: string | null; message: CandidateMessage }[]> {
    const found: { key: string | null; message: CandidateMessage }[] = [];
    for await (const records of broker.read({ topic: topics['models']!, partition: 0, from: 0, to: 100 }))
      for (const { key, value } of records)
        found.push({ key, message: JSON.parse(Buffer.from(value!).toString()) as CandidateMessage });
    return found;
  }

  async function loaded() {
    const { message } = (await announced()).at(-1)!;
    return openArtifact(await models.get(message.digest), trusted, message.digest);
  }

  it('replays the log, and announces a signed candidate that recommends what comes next', async () => {
    await write(ring());
    const [candidate] = await train();
    const [{ key, message }] = (await announced()) as [{ key: string; message: CandidateMessage }];
    expect(key).toBe('candidate/run-1');
    expect(message).toEqual(candidate);
    const { manifest, recommender, itemAttributes } = await loaded();
    expect(manifest).toMatchObject({
      kind: 'blend',
      model: 'next-item',
      runId: 'run-1',
      events: 240,
      profiles: 40,
      items: 10,
    });
    expect(manifest.offsets.map(({ partition, from }) => [partition, from])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(manifest.metrics['questions']).toBeGreaterThan(10);
    expect(manifest.metrics['recall@10']).toBeGreaterThan(0.9);
    const scores = new Float64Array(10);
    const at = recommender.items.indexOf('item-3');
    expect(recommender.score([{ itemId: 'item-3', type: 'purchase', time: 0 }], scores)).toBe(true);
    expect(recommender.items.ids[scores.indexOf(Math.max(...scores))]).toBe('item-4');
    expect(itemAttributes[at]).toEqual({ category: 'c3' });
  });

  it('learns the same from a log with repeats in any order, other types, and lines that are no events', async () => {
    await write(ring());
    await train();
    const plain = await loaded();
    const search = event(9000, 'u1', 'item-1', { type: 'search' });
    await write([...ring().toReversed(), search, '{"half":', '{}', 'null']);
    await train({}, { LIKENESS_RUN_ID: 'run-2' });
    const repeated = await loaded();
    expect(repeated.manifest.runId).toBe('run-2');
    expect(repeated.manifest.events).toBe(240);
    expect(repeated.manifest.files).toEqual(plain.manifest.files);
  });

  it('learns for the cleaner what the spec asks for, and puts it in the artifact of the first model', async () => {
    await write(ring().map((one, at) => ({ ...one, value: at % 5, quantity: 1 })));
    const cleaning = {
      impute: [{ name: 'price', field: 'value', with: 'Median', by: 'itemId' }],
      scale: [{ name: 'price', field: 'value', method: 'MinMax' }],
      outliers: [{ name: 'odd', fields: ['value'], method: 'MAD', action: 'Tag' }],
    };
    const second = { ...spec.models[0]!, name: 'second' };
    const candidates = await train({ cleaning, models: [...spec.models, second] });
    const opened = await Promise.all(
      candidates.map(async ({ digest }) => openCleaning(await models.get(digest), trusted, digest)),
    );
    expect(opened.map(({ manifest }) => manifest.model)).toEqual(['next-item', 'second']);
    expect(opened[1]!.cleaning).toBeUndefined();
    const [{ cleaning: learned, manifest }] = opened as [(typeof opened)[0]];
    expect(learned!.impute[0]).toMatchObject({ name: 'price', values: 240, overall: 2 });
    expect(learned!.scale[0]!.scale).toEqual({ method: 'MinMax', offset: 0, factor: 4 });
    expect(manifest.report).toMatchObject({
      'cleaning.impute.price.groups': 10,
      'cleaning.scale.price.factor': 4,
      'cleaning.outliers.odd.0.center': 2,
    });
    expect(manifest.files.map(({ name }) => name)).toContain('cleaning.json');
  });

  it('joins the history of a visitor with that of the user who turned out to be them', async () => {
    const visitor = ring().map((one, at) =>
      one.profile === 'u7' && at < 120 ? { ...one, userId: null, anonymousId: 'v7', profile: 'v7' } : one,
    );
    const link = { type: 'identify', userId: 'u7', anonymousId: 'v7', itemId: null } as const;
    await write([
      ...visitor,
      event(119, 'v7', '', { ...link, id: 'link' }),
      event(119, 'u7', '', { ...link, id: 'link' }),
    ]);
    await train();
    const joined = await loaded();
    expect(joined.manifest.profiles).toBe(40);
    await train({ identity: { mergeOn: [] } }, { LIKENESS_RUN_ID: 'run-2' });
    expect((await loaded()).manifest.profiles).toBe(41);
  });

  it('refuses too few events as bad data, and announces nothing', async () => {
    await write(ring().slice(0, 50));
    await expect(train()).rejects.toMatchObject({
      code: 'BadData',
      message: expect.stringContaining('50 events of 10 items'),
    });
    expect(await announced()).toEqual([]);
    expect(await models.list()).toEqual([]);
  });

  it('trains the models that can be trained, and says which could not', async () => {
    await write(ring());
    const views = { name: 'next-view', recommend: { history: 'views', target: ['view'] } };
    const features = [...spec.features, { name: 'views', sequence: { events: ['view'], length: 20 } }];
    const both = { features, models: [views, ...spec.models] };
    await expect(train(both)).rejects.toMatchObject({ code: 'BadData', message: expect.stringContaining('next-view') });
    expect((await announced()).map(({ key }) => key)).toEqual(['candidate/run-1.next-item']);
    const only = await train(both, { LIKENESS_MODEL: 'next-item', LIKENESS_RUN_ID: 'run-2' });
    expect(only.map(({ runId, model }) => [runId, model])).toEqual([['run-2', 'next-item']]);
  });

  it('says how far it is, from nothing to all', async () => {
    await write(ring());
    const said: Progress[] = [];
    const reporter = { report: (progress: Progress) => void said.push(progress), close: async () => undefined };
    await train({}, {}, reporter);
    const percentages = said.map(({ percentage }) => percentage);
    expect(percentages).toEqual([0, 16, 33, 50, 66, 83, 100]);
    expect(said.map(({ phase }) => phase).filter((phase) => !/ questions/.test(phase))).toEqual([
      'reading the log',
      '240 events read',
      'fitting to all events',
      'announcing next-item',
      'done',
    ]);
  });

  it('passes on what the log says when it cannot be read', async () => {
    await broker.deleteTopics([topics['events-clean']!]);
    await expect(train()).rejects.toMatchObject({ code: 'NotFound' });
  });
});

describe('parseConfig', () => {
  it('names every bad key at once', () => {
    const bad = { ...env(), LIKENESS_RUN_ID: 'a/b', LIKENESS_SIGNING_KEY: '' };
    expect(() => parseConfig(bad)).toThrow(/LIKENESS_RUN_ID[\s\S]*LIKENESS_SIGNING_KEY/);
  });

  it('refuses a spec without models, an unknown model, and a history that is no sequence', () => {
    expect(() => parseConfig(env({ models: [] }))).toThrow(/nothing to train/);
    expect(() => parseConfig({ ...env(), LIKENESS_MODEL: 'other' })).toThrow(/no model "other"; it has: next-item/);
    const features = [{ name: 'history', count: {} }];
    expect(() => parseConfig(env({ features }))).toThrow(/"history" is no sequence feature/);
  });
});
