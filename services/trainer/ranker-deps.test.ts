import { generateKeyPairSync } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Broker } from '../shared/broker.ts';
import { sealArtifact } from '../shared/learning/artifact.ts';
import { ItemIndex } from '../shared/learning/item-index.ts';
import { encodeModel } from '../shared/learning/model.ts';
import { Popularity } from '../shared/learning/popularity.ts';
import { Ranker } from '../shared/learning/ranker/ranker.ts';
import { sizeOf, variableShapes } from '../shared/learning/ranker/shape.ts';
import type { Recommender } from '../shared/learning/recommender.ts';
import { streams } from '../shared/streams.ts';
import { rankerDepsOf } from './ranker-deps.ts';
import type { TrainerDeps } from './service.ts';

const items = new ItemIndex(['a', 'b']);
const popularity = new Popularity(items, Float64Array.of(2, 1));
const shape = { items: 2, dimension: 4, length: 3, labels: [], categories: [], timeToNext: false };
const weights = new Map(
  Object.entries(variableShapes(shape)).map(([name, sizes]) => [name, new Float32Array(sizeOf(sizes)).fill(0.5)]),
);
const ranker = new Ranker(items, shape, weights);
const { privateKey } = generateKeyPairSync('ed25519');
const trainedAt = '2026-01-02T00:00:00.000Z';

function sealed(recommender: Recommender, key = privateKey) {
  const facts = {
    pipeline: 'default/shop',
    model: 'next',
    runId: 'r',
    codeVersion: 'c',
    featureSchema: 'a'.repeat(64),
  };
  const counts = { events: 2, profiles: 1, items: 2, offsets: [], metrics: {}, report: {} };
  const files = encodeModel({ recommender, popularity, itemAttributes: [] });
  return sealArtifact(files, { ...facts, ...counts, kind: recommender.kind, trainedAt }, key);
}

/** The stream `models` says that these were made active, in this order. */
function depsOf(artifacts: readonly ReturnType<typeof sealed>[], names = artifacts.map(() => 'next')) {
  const records = artifacts.map(({ digest, manifest: { version } }, at) => {
    const own = { kind: 'active', model: names[at], version, digest, generation: at, canaryPercent: 100 };
    return { key: `active/${names[at]}`, value: Buffer.from(JSON.stringify({ ...own, activatedAt: trainedAt })) };
  });
  const broker = {
    offsets: async () => [{ partition: 0, low: 0, high: records.length }],
    read: async function* () {
      yield records;
    },
  } as unknown as Broker;
  const get = async (digest: string) => new Map(artifacts.find((one) => one.digest === digest)!.files);
  const telemetry = { logger: pino({ level: 'silent' }) };
  return { broker, models: { get }, signingKey: privateKey, telemetry } as unknown as TrainerDeps;
}

const topics = Object.fromEntries(streams.map((stream) => [stream, stream])) as never;
const activeOf = async (deps: TrainerDeps) => (await rankerDepsOf('next', { topics }, deps)).active;

describe('a ranker to begin with', () => {
  it('is that of the newest active model', async () => {
    const active = await activeOf(depsOf([sealed(popularity), sealed(ranker)]));
    expect(active!.trainedAt).toBe(Date.parse(trainedAt));
    expect(active!.ranker.weights).toEqual(ranker.weights);
  });

  it('is none where none serves, another model does, or what serves has none', async () => {
    expect(await activeOf(depsOf([]))).toBeUndefined();
    expect(await activeOf(depsOf([sealed(ranker)], ['other']))).toBeUndefined();
    expect(await activeOf(depsOf([sealed(ranker), sealed(popularity)]))).toBeUndefined();
  });

  it('is none where it is signed by another key', async () => {
    expect(await activeOf(depsOf([sealed(ranker, generateKeyPairSync('ed25519').privateKey)]))).toBeUndefined();
  });

  it('needs a tensor library', async () => {
    const { tensors } = await rankerDepsOf('next', { topics }, depsOf([]));
    await expect(tensors()).rejects.toMatchObject({ code: 'TensorsUnavailable' });
  });
});
