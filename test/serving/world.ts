/** Serving, started as the local backend starts it, with profiles, models and items to put in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { servingSlice } from '../../crds/slices.ts';
import type { Prediction } from '../../services/serving/predictions.ts';
import { parseConfig } from '../../services/serving/config.ts';
import { start } from '../../services/serving/service.ts';
import { serveHttp } from '../../services/shared/adapters/http.ts';
import { createTelemetry } from '../../services/shared/adapters/telemetry.ts';
import type { ItemMessage } from '../../services/shared/catalogue.ts';
import type { CleanEvent, ItemAttributes } from '../../services/shared/event.ts';
import { activeKey, type ActiveMessage } from '../../services/shared/model-stream.ts';
import { partitionOf } from '../../services/shared/partition.ts';
import { partitionTag } from '../../services/shared/profile-store.ts';
import { encodeProfile } from '../../services/shared/profile/codec.ts';
import { compileFeatures } from '../../services/shared/profile/compile.ts';
import { emptyProfile, updateProfile } from '../../services/shared/profile/profile.ts';
import { unpackLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';
import { MemoryBroker, MemoryModelStore, MemoryProfileStore } from './memory.ts';
import { sealModel, signingKey, type SmallModel } from './sealed-model.ts';

export type World = Awaited<ReturnType<typeof startWorld>>;

export interface WorldOptions {
  readonly serving?: z.input<typeof servingSlice>['serving'];
  readonly env?: Readonly<Record<string, string>>;
  /** What the store answers from the start. */
  readonly storeFailure?: Error;
}

const partitions = 4;
const pipeline = { namespace: 'default', name: 'shop', epoch: 1 };
export const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));

export function specOf(serving: WorldOptions['serving']) {
  return servingSlice.parse({
    events: [{ name: 'view' }, { name: 'purchase', weight: '5' }, { name: 'identify', weight: '0' }],
    features: [
      { name: 'purchases30d', count: { events: ['purchase'], window: '720h', pane: '24h' } },
      { name: 'history', sequence: { events: ['view', 'purchase'], length: 5 } },
      { name: 'interests', interest: { of: 'item.category', halfLife: '168h' } },
      { name: 'lastPurchase', sinceLast: { events: ['purchase'] } },
    ],
    models: [
      { name: 'next-item', recommend: { history: 'history', target: ['purchase'] } },
      { name: 'other', recommend: { history: 'history', target: ['purchase'] } },
    ],
    serving,
  });
}

export function environment(folder: string, { serving, env }: WorldOptions): Record<string, string> {
  return {
    LIKENESS_PIPELINE: pipeline.name,
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_SPEC: JSON.stringify(specOf(serving)),
    LIKENESS_TRUSTED_KEYS: join(folder, 'trusted.pem'),
    ...env,
  };
}

export async function startWorld(options: WorldOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-serving-'));
  writeFileSync(join(folder, 'trusted.pem'), signingKey.publicPem);
  const [broker, store] = [new MemoryBroker(), new MemoryProfileStore()];
  store.failure = options.storeFailure;
  const models = new MemoryModelStore();
  const telemetry = createTelemetry('serving', 'silent');
  const clock = { time: Date.parse('2026-01-10T12:00:00.000Z'), now: () => clock.time };
  const fatal: unknown[] = [];
  const service = await start(parseConfig(environment(folder, options)), {
    broker: broker.asBroker(),
    store: store.asStore(),
    models,
    telemetry,
    clock,
    onFatal: (error) => void fatal.push(error),
  });
  const http = await serveHttp({ host: '127.0.0.1', port: 0, services: [service], telemetry });
  const base = `http://127.0.0.1:${http.port}`;
  const compiled = compileFeatures(specOf(options.serving).features, specOf(options.serving).events);

  return {
    base,
    service,
    store,
    broker,
    models,
    clock,
    fatal,
    registry: telemetry.registry,
    get: (path: string, headers: Record<string, string> = {}) => fetch(`${base}${path}`, { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),

    /** The profile's state becomes that of these events. */
    putProfile(profile: string, events: readonly Partial<CleanEvent>[]): void {
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
      const tag = partitionTag(pipeline, partitionOf(profile, partitions));
      store.states.set(`${tag} ${profile}`, encodeProfile(compiled, state));
    },

    putItem(itemId: string, item: ItemAttributes): void {
      const message: ItemMessage = { itemId, time: new Date(clock.time++).toISOString(), id: 'put', item };
      broker.append(topics['items']!, [{ partition: 0, key: itemId, value: Buffer.from(JSON.stringify(message)) }]);
    },

    /** Stores a model and makes it active; `change` may spoil what is stored. */
    async activate(
      model: SmallModel,
      generation: number,
      change: (files: Map<string, Uint8Array>) => void = () => undefined,
    ) {
      const { digest, manifest, files } = sealModel(model);
      const stored = new Map(files);
      change(stored);
      await models.put(digest, stored);
      const message: ActiveMessage = {
        kind: 'active',
        model: manifest.model,
        version: manifest.version,
        digest,
        generation,
        canaryPercent: 100,
        activatedAt: new Date(clock.time).toISOString(),
      };
      const value = Buffer.from(JSON.stringify(message));
      broker.append(topics['models']!, [{ partition: 0, key: activeKey(manifest.model), value }]);
      return manifest;
    },

    predictions: (): Prediction[] =>
      (broker.topics.get(topics['predictions']!) ?? []).flatMap(({ value }) =>
        unpackLines(value!).map((line) => JSON.parse(line) as Prediction),
      ),

    async stop(): Promise<void> {
      await http.close();
      await service.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
