/** A change of taste in the stream of the feature service, with the model in service watched: one verdict, whatever stops. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryModelStore } from '../serving/spied-stores.ts';
import { sealModel, signingKey } from '../serving/sealed-model.ts';
import { cleanEvent, partitions, spec, topics, withStore, World } from './world.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { CleanEvent } from '../../services/shared/event.ts';
import { decodeSummary } from '../../services/shared/learning/drift/block-summary.ts';
import { sketchColumns } from '../../services/shared/learning/drift/baseline.ts';
import { readReport, type DriftReport } from '../../services/shared/learning/drift/verdict.ts';
import { activeKey } from '../../services/shared/model-stream.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';

const items = Array.from({ length: 40 }, (_, n) => `i${n}`);
/** Two worlds: after item n comes n+1 (old), or n+20 (new). Everyone of a profile steps on from where it was. */
const after = (item: number, isNew: boolean): number => (item + (isNew ? 19 : 1)) % items.length;

const baseline = {
  inputs: sketchColumns([
    { name: 'item.rank', kind: 'numeric', values: Array.from({ length: 4000 }, (_, n) => n % items.length) },
    { name: 'event.type', kind: 'categorical', values: Array.from({ length: 1000 }, () => 'purchase') },
  ]),
};
const artifact = sealModel({
  name: 'next',
  items,
  rules: items.map((id, n) => [id, items[after(n, false)]!, 1] as const),
  baseline,
});

let world: World;
let folder: string;
let models: MemoryModelStore;
beforeEach(async () => {
  world = await new World().open();
  folder = mkdtempSync(join(tmpdir(), 'likeness-watches-'));
  writeFileSync(join(folder, 'trusted.pem'), signingKey.publicPem);
  models = new MemoryModelStore();
  await models.put(artifact.digest, artifact.files);
  const { model, version } = artifact.manifest;
  const active = { kind: 'active', model, version, digest: artifact.digest, generation: 1, canaryPercent: 100 };
  const producer = await world.broker.producer();
  const value = Buffer.from(JSON.stringify(active));
  await producer.send(topics.models, [{ partition: 0, key: activeKey(model), value }]);
  await producer.close();
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
});

const watched = {
  ...spec,
  watch: {
    models: [{ name: 'next', recommend: { history: 'history', target: ['purchase'] } }],
    sampleShare: '1',
    consecutiveWindows: 2,
  },
};

function start(more: { store?: ProfileStore; registry?: Registry } = {}) {
  const env = {
    LIKENESS_SPEC: JSON.stringify(watched),
    LIKENESS_MONITOR_GROUP: 'test.feature-monitor',
    LIKENESS_TRUSTED_KEYS: join(folder, 'trusted.pem'),
    LIKENESS_DRIFT_FILE: join(folder, 'drift.json'),
  };
  return world.service({ ...more, models, env });
}

function report(): DriftReport | undefined {
  const file = join(folder, 'drift.json');
  return existsSync(file) ? readReport(readFileSync(file, 'utf8')) : undefined;
}

/** Profiles that walk through the catalogue; at `change` their taste changes. */
function walk(from: number, to: number, change = Infinity): CleanEvent[] {
  return Array.from({ length: to - from }, (_, index) => {
    const n = from + index;
    const profile = n % 200;
    const step = Math.floor(n / 200);
    const moved = Math.max(0, n - change) / 200;
    const item = (profile + step * 1 + Math.floor(moved) * 18) % items.length;
    return cleanEvent(n, { profile: `p${profile}`, type: 'purchase', itemId: items[item]! });
  });
}

const caughtUp = () => expect.poll(() => world.lag(), { timeout: 20_000 }).toBe(0);
const signals = async () => {
  const [{ high } = { high: 0 }] = await world.broker.offsets(topics.signals);
  const all = [];
  for await (const records of world.broker.read({ topic: topics.signals, partition: 0, from: 0, to: high }))
    for (const { value } of records) all.push(decodeSummary(value!));
  return all;
};
/** Every summary has been looked at. */
const monitored = async () => {
  const newest = Math.max(...(await signals()).map(({ timestamp }) => timestamp));
  await expect.poll(() => report()?.standings[0]?.evaluatedAt, { timeout: 10_000 }).toBe(newest);
};

describe('the watches', () => {
  it('find one change of taste once, over restarts in the middle', async () => {
    const first = await start();
    await world.send(walk(0, 6000), 200);
    await caughtUp();
    await monitored();
    expect(report()!.verdicts).toEqual([]);
    expect(report()!.standings[0]!.hitRate).toBeGreaterThan(0.9);
    await first.stop();
    await world.send(walk(6000, 7500, 6000), 200);
    const second = await start();
    await caughtUp();
    await second.stop();
    await world.send(walk(7500, 12_000, 6000), 200);
    const registry = new Registry();
    await start({ registry });
    await caughtUp();
    await monitored();
    expect(report()!.verdicts).toHaveLength(1);
    expect(report()!.verdicts[0]).toMatchObject({ model: 'next', feature: 'quality', detector: 'HDDM_A+ADWIN' });
    expect(await registry.metrics()).toMatch(/likeness_model_hit_rate\{model="next"\} 0(\.\d+)?\n/);
    expect(world.fatal).toEqual([]);
  }, 60_000);

  it('tell each block once, though commits fail before and after they happen', async () => {
    let calls = 0;
    const away = () => new LikenessError('StoreUnavailable', 'away', { retryable: true });
    const commit: ProfileStore['commit'] = async (...args) => {
      // Before anything is read: a service that cannot note its features does not start.
      if (args[0].endsWith('/features')) return world.store.commit(...args);
      const turn = ++calls % 4;
      if (turn === 1) throw away();
      const answer = await world.store.commit(...args);
      if (turn === 2) throw away();
      return answer;
    };
    await start({ store: withStore(world.store, { commit }) });
    const sent = walk(0, 5000);
    await world.send(sent, 200);
    await caughtUp();
    await monitored();
    const told = new Map((await signals()).map((each) => [`${each.partition} ${each.to}`, each]));
    const ends = new Map<number, number>();
    for (const { partition, from, to } of told.values()) {
      expect(from).toBe((ends.get(partition) ?? -1) + 1);
      ends.set(partition, to);
    }
    expect(ends.size).toBe(partitions);
    const blocks = [...told.values()];
    const events = blocks.reduce((sum, each) => sum + each.events, 0);
    expect(blocks.reduce((sum, { models: [model] }) => sum + model!.sampled, 0)).toBe(events);
    expect(sent.length - events).toBeLessThan(partitions * 1250);
    expect(world.fatal).toEqual([]);
  }, 60_000);

  it('do nothing, and write nothing, where no model is in the spec', async () => {
    await world.service();
    await world.send(walk(0, 1500), 200);
    await caughtUp();
    expect(await signals()).toEqual([]);
    expect((await world.store.readNote('default/test/e1/p0')).note).toBeUndefined();
  });
});
