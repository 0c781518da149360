/** Serving, started as the local backend starts it, with profiles, models and items to put in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { servingSlice } from '../../crds/slices.ts';
import type { Prediction } from '../../services/serving/predictions.ts';
import { parseConfig } from '../../services/serving/config.ts';
import { start } from '../../services/serving/service.ts';
import { openLmdbProfileStore } from '../../services/shared/adapters/lmdb-profile-store.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import { serveHttp } from '../../services/shared/adapters/http.ts';
import { createTelemetry } from '../../services/shared/adapters/telemetry.ts';
import type { OutgoingRecord } from '../../services/shared/broker.ts';
import type { ItemMessage } from '../../services/shared/catalogue.ts';
import type { CleanEvent, ItemAttributes } from '../../services/shared/event.ts';
import type { SealedArtifact } from '../../services/shared/learning/artifact.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import { activeKey, type ActiveMessage } from '../../services/shared/model-stream.ts';
import { partitionOf } from '../../services/shared/partition.ts';
import { partitionTag, type ProfileStore } from '../../services/shared/profile-store.ts';
import { encodeProfile } from '../../services/shared/profile/codec.ts';
import { compileFeatures } from '../../services/shared/profile/compile.ts';
import { emptyProfile, updateProfile } from '../../services/shared/profile/profile.ts';
import { unpackLines } from '../../services/shared/record.ts';
import { type Stream, streams } from '../../services/shared/streams.ts';

import { sealModel, signingKey, type SmallModel } from './sealed-model.ts';
import { MemoryModelStore, spyOn } from './spied-stores.ts';

export type World = Awaited<ReturnType<typeof startWorld>>;

export interface WorldOptions {
  readonly serving?: z.input<typeof servingSlice>['serving'];
  readonly env?: Readonly<Record<string, string>>;
  /** Share of the answers that tell what the model was given. Default: none. */
  readonly sample?: string;
  /** Default: an embedded one. */
  readonly profiles?: ProfileStore;
  /** What the store answers from the start. */
  readonly storeFailure?: Error;
}

const partitions = 4;
const pipeline = { namespace: 'default', name: 'shop', epoch: 1 };
const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));

const heads = {
  propensity: [{ name: 'soon', events: ['purchase'], within: '1h' }],
  nextCategory: true,
  timeToNext: true,
};

function specOf({ serving, sample = '0' }: WorldOptions) {
  return servingSlice.parse({
    events: [{ name: 'view' }, { name: 'purchase', weight: '5' }, { name: 'identify', weight: '0' }],
    features: [
      { name: 'purchases30d', count: { events: ['purchase'], window: '720h', pane: '24h' } },
      { name: 'history', sequence: { events: ['view', 'purchase'], length: 5 } },
      { name: 'interests', interest: { of: 'item.category', halfLife: '168h' } },
      { name: 'lastPurchase', sinceLast: { events: ['purchase'] } },
    ],
    models: [
      { name: 'next-item', recommend: { history: 'history', target: ['purchase'], ranker: { heads } } },
      { name: 'other', recommend: { history: 'history', target: ['purchase'] } },
      { name: 'buys-soon', classify: { label: { events: ['purchase'] } } },
    ],
    serving,
    training: { skew: { sample } },
  });
}

export function environment(folder: string, options: WorldOptions): Record<string, string> {
  return {
    LIKENESS_PIPELINE: pipeline.name,
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_SPEC: JSON.stringify(specOf(options)),
    LIKENESS_TRUSTED_KEYS: join(folder, 'trusted.pem'),
    ...options.env,
  };
}

export async function startWorld(options: WorldOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-serving-'));
  writeFileSync(join(folder, 'trusted.pem'), signingKey.publicPem);
  const broker = await openEmbeddedBroker(join(folder, 'log'));
  await broker.createTopics(
    streams.map((stream) => ({ name: topics[stream]!, partitions: stream === 'predictions' ? partitions : 1 })),
  );
  const producer = await broker.producer();
  const profiles = options.profiles ?? openLmdbProfileStore(join(folder, 'profiles'));
  const store = spyOn(profiles, options.storeFailure);
  const models = new MemoryModelStore();
  const telemetry = createTelemetry('serving', 'silent');
  const clock = { time: Date.parse('2026-01-10T12:00:00.000Z'), now: () => clock.time };
  const fatal: unknown[] = [];
  const service = await start(parseConfig(environment(folder, options)), {
    broker,
    store: store.store,
    models,
    telemetry,
    clock,
    onFatal: (error) => void fatal.push(error),
  });
  const http = await serveHttp({ host: '127.0.0.1', port: 0, services: [service], telemetry });
  const base = `http://127.0.0.1:${http.port}`;
  const compiled = compileFeatures(specOf(options).features, specOf(options).events);

  async function putState(profileId: string, state: Uint8Array): Promise<void> {
    const tag = partitionTag(pipeline, partitionOf(profileId, partitions));
    const { watermark } = await profiles.read(tag, []);
    const next = { offset: (watermark?.offset ?? -1) + 1, timestamp: 0, definition: compiled.hash };
    if ((await profiles.commit(tag, watermark, next, [{ profileId, state }])) === 'conflict')
      throw new Error('conflict');
  }

  return {
    base,
    putState,
    service,
    store,
    clock,
    fatal,
    get: (path: string, headers: Record<string, string> = {}) => fetch(`${base}${path}`, { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),

    /** The profile's state becomes that of these events. */
    async putProfile(profile: string, events: readonly Partial<CleanEvent>[]): Promise<void> {
      const state = emptyProfile(compiled);
      for (const [at, event] of events.entries()) {
        const time = event.time ?? new Date(clock.time - 3_600_000 + at * 1000).toISOString();
        const stamps = { time, ingestedAt: time, receivedAt: time };
        updateProfile(compiled, state, {
          id: `${profile}-${at}`,
          type: 'view',
          userId: profile,
          profile,
          ...stamps,
          ...event,
        });
      }
      await putState(profile, encodeProfile(compiled, state));
    },

    async putItem(itemId: string, item: ItemAttributes): Promise<void> {
      const message: ItemMessage = { itemId, time: new Date(clock.time++).toISOString(), id: 'put', item };
      await producer.send(topics['items']!, [
        { partition: 0, key: itemId, value: Buffer.from(JSON.stringify(message)) },
      ]);
    },

    /** Stores models and makes them active, one after the other. */
    async activate(...activations: readonly Activation[]) {
      const records: OutgoingRecord[] = [];
      for (const activation of activations) records.push(await storeModel(models, activation));
      await producer.send(topics['models']!, records);
    },

    /** Stores a classifier and makes it active, beside another one or alone. */
    async activateClassifier(
      sealed: SealedArtifact,
      generation = 1,
      trial: Pick<ActiveMessage, 'canaryPercent' | 'stable'> = { canaryPercent: 100 },
    ): Promise<void> {
      await models.put(sealed.digest, sealed.files);
      await producer.send(topics['models']!, [activeRecord(sealed, generation, trial)]);
    },

    async predictions(): Promise<Prediction[]> {
      const topic = topics['predictions']!;
      const found: Prediction[] = [];
      for (const { partition, low, high } of await broker.offsets(topic))
        for await (const records of broker.read({ topic, partition, from: low, to: high }))
          found.push(
            ...records.flatMap(({ value }) => unpackLines(value!).map((line) => JSON.parse(line) as Prediction)),
          );
      return found;
    },

    send: (stream: Stream, records: readonly OutgoingRecord[]) => producer.send(topics[stream]!, records),

    async stop(): Promise<void> {
      await http.close();
      await service.stop();
      await broker.close();
      await profiles.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Activation {
  readonly model: SmallModel;
  readonly generation: number;
  /** Spoils what is stored. */
  readonly spoil?: ((files: Map<string, Uint8Array>) => void) | undefined;
}

async function storeModel(models: ModelStore, { model, generation, spoil }: Activation): Promise<OutgoingRecord> {
  const { digest, manifest, files } = sealModel(model);
  const stored = new Map(files);
  spoil?.(stored);
  await models.put(digest, stored);
  return activeRecord({ digest, manifest }, generation);
}

function activeRecord(
  { digest, manifest }: Pick<SealedArtifact, 'digest' | 'manifest'>,
  generation: number,
  trial: Partial<ActiveMessage> = {},
): OutgoingRecord {
  const message: ActiveMessage = {
    kind: 'active',
    model: manifest.model,
    version: manifest.version,
    digest,
    generation,
    canaryPercent: 100,
    activatedAt: '2026-01-10T12:00:00.000Z',
    ...trial,
  };
  return { partition: 0, key: activeKey(manifest.model), value: Buffer.from(JSON.stringify(message)) };
}
