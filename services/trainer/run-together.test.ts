import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedBroker } from '../shared/adapters/embedded-broker.ts';
import type { Broker } from '../shared/broker.ts';
import type { CleanEvent } from '../shared/event.ts';
import type { Manifest } from '../shared/learning/manifest.ts';
import { invertHere } from '../shared/learning/ease.ts';
import { generateSigningKey } from '../shared/learning/signing.ts';
import type { ModelStore } from '../shared/model-store.ts';
import { partitionOf } from '../shared/partition.ts';
import { packLines } from '../shared/record.ts';
import type { RunParts } from '../shared/run-parts.ts';
import { streams } from '../shared/streams.ts';
import { parseConfig } from './config.ts';
import { overPart } from './parts-team.ts';
import { runTogether } from './run-together.ts';
import { run } from './service.ts';

const partitions = 5;
const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));
const clean = topics['events-clean']!;
const spec = {
  features: [{ name: 'history', sequence: { events: ['view', 'purchase'], length: 50 } }],
  models: [
    {
      name: 'next-item',
      recommend: { history: 'history', target: ['purchase'], retrieval: { regularization: '5', maxItems: 100 } },
    },
  ],
  training: { minEvents: 50, holdout: { fraction: '0.2' } },
};
const envOf = (runId: string, more: Record<string, string> = {}): Record<string, string> => ({
  LIKENESS_PIPELINE: 'shop',
  LIKENESS_PARTITIONS: String(partitions),
  LIKENESS_TOPICS: JSON.stringify(topics),
  LIKENESS_RUN_ID: runId,
  LIKENESS_SIGNING_KEY: '/keys/signing.pem',
  LIKENESS_SPEC: JSON.stringify(spec),
  ...more,
});
const signingKey = createPrivateKey(generateSigningKey().privatePem);

interface Shopper {
  readonly visitor: boolean;
  readonly start: number;
  readonly steps: readonly { readonly item: number; readonly minutes: number; readonly buys: boolean }[];
}

const shoppers = fc.array(
  fc.record({
    visitor: fc.boolean(),
    start: fc.nat(2000),
    steps: fc.array(fc.record({ item: fc.nat(12), minutes: fc.nat(40), buys: fc.boolean() }), {
      minLength: 3,
      maxLength: 12,
    }),
  }),
  { minLength: 25, maxLength: 60 },
);

/** Some begin as visitors, whose events lie in another partition than those of the user who they turn out to be. */
function eventsOf(all: readonly Shopper[]): CleanEvent[] {
  let id = 0;
  const event = (profile: string, at: number, more: Partial<CleanEvent>): CleanEvent => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const own = { id: `e${id++}`, type: 'view', userId: null, profile, itemId: null, time };
    return { ...own, ingestedAt: time, receivedAt: time, ...more };
  };
  return all.flatMap(({ visitor, start, steps }, number) => {
    const user = `u${number}`;
    let at = start;
    const events = steps.map(({ item, minutes, buys }, step) => {
      at += minutes;
      const profile = visitor && step < steps.length / 2 ? `v${number}` : user;
      const attributes = { item: { title: `title ${item} at ${at}` } };
      return event(profile, at, { itemId: `item-${item}`, type: buys ? 'purchase' : 'view', ...attributes });
    });
    const link = { type: 'identify', userId: user, anonymousId: `v${number}` } as const;
    return visitor ? [...events, event(`v${number}`, at, link), event(user, at, link)] : events;
  });
}

class MemoryModels implements ModelStore {
  readonly #artifacts = new Map<string, Map<string, Uint8Array>>();
  put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#artifacts.set(digest, new Map(files));
    return Promise.resolve();
  }
  get(digest: string): Promise<Map<string, Uint8Array>> {
    return Promise.resolve(this.#artifacts.get(digest)!);
  }
  list(): Promise<string[]> {
    return Promise.resolve([...this.#artifacts.keys()]);
  }
}

/** Of all runs: `RUN/NAME` → bytes. */
class MemoryParts implements RunParts {
  readonly #all: Map<string, Uint8Array>;
  readonly #run: string;
  constructor(all: Map<string, Uint8Array>, runId: string) {
    this.#all = all;
    this.#run = `${runId}/`;
  }
  create(name: string, bytes: Uint8Array): Promise<void> {
    if (!this.#all.has(this.#run + name)) this.#all.set(this.#run + name, bytes.slice());
    return Promise.resolve();
  }
  get(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#all.get(this.#run + name));
  }
  clear(kept: readonly string[]): Promise<void> {
    for (const key of this.#all.keys())
      if (key.startsWith(this.#run) && !kept.includes(key.slice(this.#run.length))) this.#all.delete(key);
    return Promise.resolve();
  }
  clearOthers(): Promise<void> {
    for (const key of this.#all.keys()) if (!key.startsWith(this.#run)) this.#all.delete(key);
    return Promise.resolve();
  }
}

describe('a run that workers share', () => {
  let folder: string;
  let broker: Broker;
  let models: ModelStore;
  let left: Map<string, Uint8Array>;
  let runs = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-together-'));
    broker = await openEmbeddedBroker(join(folder, 'log'));
    models = new MemoryModels();
    left = new Map();
  });
  afterEach(async () => {
    await broker.close();
    await rm(folder, { recursive: true });
  });

  async function write(events: readonly CleanEvent[]): Promise<void> {
    await broker.deleteTopics([clean, topics['models']!]).catch(() => undefined);
    await broker.createTopics([
      { name: clean, partitions },
      { name: topics['models']!, partitions: 1, compacted: true },
    ]);
    const producer = await broker.producer();
    const records = [...Map.groupBy(events, ({ profile }) => partitionOf(profile, partitions))].flatMap(
      ([partition, own]) => packLines(own.map((one) => JSON.stringify(one))).map((value) => ({ partition, value })),
    );
    await producer.send(clean, records);
    await producer.close();
  }

  const depsOf = () => {
    const telemetry = { logger: pino({ level: 'silent' }), registry: new Registry() };
    return { broker, models, signingKey, inverter: invertHere, clock: Date, telemetry };
  };
  const partsOf = (runId: string) => new MemoryParts(left, runId);

  function work(runId: string, worker: number, workers: number, options: { parts?: RunParts; patience?: number } = {}) {
    const { parts = partsOf(runId), patience = 10_000 } = options;
    const env = {
      LIKENESS_TRAINERS: String(workers),
      JOB_COMPLETION_INDEX: String(worker),
      LIKENESS_TRAINERS_PATIENCE_MS: String(patience),
    };
    return runTogether(parseConfig(envOf(runId, env)), depsOf(), parts, { sleep: () => turn(), pollMs: 1 });
  }

  const trainAlone = () => run(parseConfig(envOf(`run-${++runs}`)), depsOf());
  const share = (runId: string, workers: number) =>
    Promise.all(Array.from({ length: workers }, (_, worker) => work(runId, worker, workers)));

  async function manifestOf(digest: string): Promise<Manifest> {
    return JSON.parse(Buffer.from((await models.get(digest)).get('manifest.json')!).toString()) as Manifest;
  }

  async function expectSame(one: string, other: string): Promise<void> {
    const [expected, found] = [await manifestOf(one), await manifestOf(other)];
    for (const fact of ['files', 'events', 'profiles', 'items', 'offsets'] as const)
      expect(found[fact]).toEqual(expected[fact]);
    expect(Object.keys(found.metrics)).toEqual(Object.keys(expected.metrics));
    for (const [name, value] of Object.entries(expected.metrics))
      expect(Math.abs(found.metrics[name]! - value), name).toBeLessThan(1e-9);
  }

  it('makes, bit for bit, the model of one worker, whatever the events, the visitors and the number of workers', async () => {
    await fc.assert(
      fc.asyncProperty(shoppers, fc.integer({ min: 2, max: 6 }), async (all, workers) => {
        await write(eventsOf(all));
        const [expected] = await trainAlone();
        const announced = await share(`run-${++runs}`, workers);
        expect(announced.map((own) => own.length)).toEqual([1, ...Array<number>(workers - 1).fill(0)]);
        await expectSame(expected!.digest, announced[0]![0]!.digest);
      }),
      { numRuns: 10, seed: 4, endOnFailure: true },
    );
  }, 60_000);

  const many = eventsOf(fc.sample(shoppers, { numRuns: 1, seed: 11 })[0]!);

  it('takes up again what a worker has left half done, at any of its writes', async () => {
    await write(many);
    const [expected] = await trainAlone();
    const counted = { writes: 0 };
    const dyingAfter = (runId: string, writes: number): RunParts => {
      const parts = partsOf(runId);
      let left = writes;
      return {
        get: (name) => parts.get(name),
        clear: (kept) => parts.clear(kept),
        clearOthers: () => parts.clearOthers(),
        create: async (name, bytes) => {
          counted.writes++;
          if (left-- === 0) throw new Error('the worker was killed');
          await parts.create(name, bytes);
        },
      };
    };
    for (const worker of [0, 1])
      // Every write of the one; of the other, which leaves the same kinds of parts, every third.
      for (let writes = 0, died = true; died; writes += worker === 0 ? 3 : 1) {
        const runId = `died-${worker}-${writes}`;
        const others = [0, 1, 2].filter((other) => other !== worker).map((other) => work(runId, other, 3));
        died = false;
        const again = work(runId, worker, 3, { parts: dyingAfter(runId, writes) }).catch(() => {
          died = true;
          return work(runId, worker, 3);
        });
        const announced = (await Promise.all([again, ...others])).flat();
        await expectSame(expected!.digest, announced.at(-1)!.digest);
      }
    expect(counted.writes).toBeGreaterThan(20);
  }, 60_000);

  it('reads the offsets of the first time, not what has come since', async () => {
    await write(many);
    const [expected] = await trainAlone();
    const runId = 'offsets';
    const settled: RunParts = { ...bound(partsOf(runId)), clear: () => Promise.resolve() };
    const dead = new Error('the worker was killed');
    const dying = {
      ...settled,
      create: (name: string, bytes: Uint8Array) => settled.create(name, bytes).then(() => Promise.reject(dead)),
    };
    await expect(work(runId, 1, 2, { parts: dying })).rejects.toBe(dead);
    await expect(work(runId, 0, 2, { parts: dying })).rejects.toBe(dead);
    const producer = await broker.producer();
    await producer.send(clean, [{ partition: 1, value: Buffer.from(JSON.stringify(many[0])) }]);
    await producer.close();
    const [announced] = (await Promise.all([work(runId, 0, 2), work(runId, 1, 2)])).flat();
    await expectSame(expected!.digest, announced!.digest);
  });

  it('leaves one word behind, by which a worker that comes too late knows that there is nothing to do', async () => {
    await write(many);
    await partsOf('given-up').create('next-item.links.1', Buffer.from('x'));
    await share('over', 2);
    expect(await partsOf('given-up').get('next-item.links.1')).toBeUndefined();
    expect(await partsOf('over').get('offsets.0')).toBeUndefined();
    expect(await partsOf('over').get(overPart)).toBeDefined();
    expect(await work('over', 1, 2)).toEqual([]);
    expect(await models.list()).toHaveLength(2);
  });

  it('does not wait for ever for a worker that does not come', async () => {
    await write(many);
    await expect(work('alone', 0, 2, { patience: 1 })).rejects.toMatchObject({
      code: 'WorkerMissing',
      retryable: true,
      message: expect.stringContaining('Worker 1 has not left its part replayed.1'),
    });
  });

  it('says once, by the first worker, that there are too few events', async () => {
    await write(many.slice(0, 20));
    const [first, second] = await Promise.allSettled([work('few', 0, 2), work('few', 1, 2)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'BadData' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: [] });
  });

  it('refuses a number that no worker has', () => {
    expect(() => parseConfig(envOf('x', { JOB_COMPLETION_INDEX: '2', LIKENESS_TRAINERS: '2' }))).toThrow(
      /JOB_COMPLETION_INDEX is 2, and there are 2/,
    );
  });
});

const bound = (parts: RunParts): RunParts => ({
  create: (name, bytes) => parts.create(name, bytes),
  get: (name) => parts.get(name),
  clear: (kept) => parts.clear(kept),
  clearOthers: () => parts.clearOthers(),
});
