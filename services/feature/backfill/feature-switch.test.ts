/** Features of the spec that others replace: the old ones serve until every partition has caught up. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { featureSlice } from '../../../crds/slices.ts';
import {
  cleanEvent,
  partitions,
  pipeline,
  spec,
  tagOf,
  topics,
  withBroker,
  withStore,
  World,
} from '../../../test/feature/world.ts';
import {
  compileActive,
  featureTags,
  readActiveFeatures,
  statesTag,
  writeActiveFeatures,
} from '../../shared/active-features.ts';
import { backfillMark } from '../../shared/backfill.ts';
import { compileFeatures } from '../../shared/profile/compile.ts';
import type { ProfileStore } from '../../shared/profile-store.ts';
import type { PartitionWorker } from '../partition-worker.ts';
import { Backfills } from './backfills.ts';
import { FeatureSwitch } from './feature-switch.ts';

const timing = { tickMs: 20, settleMs: 50, graceMs: 300 };
const [views, spend] = spec.features;
const changed = featureSlice.parse({
  ...spec,
  features: [views, spend, { name: 'history', sequence: { length: 3 } }, { name: 'last', last: { field: 'itemId' } }],
});
const own = compileFeatures(spec.features, spec.events);
const wanted = compileFeatures(changed.features, spec.events);
const events = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => cleanEvent(from + at));

let world: World;
beforeEach(async () => void (world = await new World().open()));
afterEach(() => world.close());

const service = (features = spec) => world.service({ env: { LIKENESS_SPEC: JSON.stringify(features) }, timing });
const active = () => readActiveFeatures(world.store, pipeline);
const lagOf = async (slot: 0 | 1): Promise<number> => {
  let lag = 0;
  for (const { partition, high } of await world.broker.offsets('t.events-clean'))
    lag += high - 1 - ((await world.store.read(statesTag(pipeline, partition, slot), [])).watermark?.offset ?? -1);
  return lag;
};

describe('a service with other features', () => {
  it('computes them beside, lets them take over, and clears what they replaced', async () => {
    const first = await service();
    await world.send(events(0, 60));
    await expect.poll(() => lagOf(0)).toBe(0);
    await first.stop();
    const second = await service(changed);
    await world.send(events(60, 80));
    await expect.poll(async () => (await active())!.hash).toBe(wanted.hash);
    await expect.poll(() => lagOf(1)).toBe(0);
    expect(await world.wrongProfiles(world.store, wanted, 1)).toEqual([]);
    await world.send(events(80, 100));
    await expect.poll(() => lagOf(1)).toBe(0);
    expect(await world.wrongProfiles(world.store, wanted, 1)).toEqual([]);
    await expect.poll(async () => (await world.store.read(tagOf(0), [])).watermark, { timeout: 5000 }).toBeUndefined();
    await expect.poll(() => world.store.hasProfiles(tagOf(0))).toBe(false);
    expect(second.health()).toEqual({ ready: true, reasons: [] });
    expect(world.fatal).toEqual([]);
    await second.stop();
    // And back again, into the slot that is free.
    await service();
    await expect.poll(async () => (await active())!.hash, { timeout: 5000 }).toBe(own.hash);
    await expect.poll(() => world.wrongProfiles(world.store, own, 0)).toEqual([]);
  });

  it('says how far it is, and the old features go on meanwhile', async () => {
    await world.send(events(0, 30));
    const first = await service();
    await expect.poll(() => lagOf(0)).toBe(0);
    await first.stop();
    // One partition never catches up: its records cannot be read again.
    const broker = withBroker(world.broker, {
      read: (range) => {
        if (range.partition === 1) throw new Error('cannot be read');
        return world.broker.read(range);
      },
    });
    const second = await world.service({ broker, env: { LIKENESS_SPEC: JSON.stringify(changed) }, timing });
    await world.send(events(30, 60));
    await expect.poll(() => second.health().notes?.join()).toMatch(/changed: history, last\): \d\d %.*cannot be read/);
    await expect.poll(() => lagOf(0)).toBe(0);
    expect(await world.wrongProfiles()).toEqual([]);
    expect((await active())!.hash).toBe(own.hash);
    expect(second.health().ready).toBe(true);
  });
});

const switchOf = (
  features: typeof spec,
  at: number | (() => number) = 1000,
  more: { rebuilds?: boolean; settleMs?: number } = {},
) =>
  FeatureSwitch.open({
    store: world.store,
    clock: { now: () => (typeof at === 'number' ? at : at()) },
    pipeline,
    partitions,
    features: features.features,
    events: features.events,
    wanted: compileFeatures(features.features, features.events),
    onOverflow: () => undefined,
    rebuilds: more.rebuilds ?? false,
    settleMs: more.settleMs ?? 0,
  });

/** As if a partition's states had come so far. */
const stand = (partition: number, slot: 0 | 1, definition: string, offset = 9) =>
  world.store.commit(statesTag(pipeline, partition, slot), undefined, { offset, timestamp: 1, definition }, []);

describe('the switch', () => {
  it('waits until every partition has caught up, and happens once', async () => {
    const before = await switchOf(spec);
    expect([before.live.hash, before.slot, before.isBehind]).toEqual([own.hash, 0, false]);
    for (const partition of [0, 1]) await stand(partition, 0, own.hash);
    const [one, other] = [await switchOf(changed), await switchOf(changed)];
    expect([one.live.hash, one.isBehind]).toEqual([own.hash, true]);
    await stand(0, 1, wanted.hash);
    await stand(1, 1, backfillMark(wanted.hash), 4);
    expect(await one.progress()).toEqual({ definition: wanted.hash, share: 0.75, isComplete: false });
    expect(await one.tryOver()).toBe(false);
    const tag = statesTag(pipeline, 1, 1);
    const { watermark } = await world.store.read(tag, []);
    await world.store.commit(tag, watermark, { ...watermark!, offset: 9, definition: wanted.hash }, []);
    expect([await one.tryOver(), await other.tryOver()]).toEqual([true, false]);
    expect([await other.follow(), other.live.hash, other.slot, other.isBehind]).toEqual([true, wanted.hash, 1, false]);
    expect(await active()).toMatchObject({ generation: 2, since: 1000, features: changed.features });
  });

  it('is not undone by an instance from before it', async () => {
    const old = await switchOf(spec, 500);
    const next = await switchOf(changed, 900);
    expect(await next.tryOver()).toBe(true);
    expect([await old.follow(), old.live.hash, old.isBehind]).toEqual([true, wanted.hash, false]);
    // Whoever starts afterwards with the features of before means it.
    expect((await switchOf(spec, 950)).isBehind).toBe(true);
  });

  it('is told by what an instance has begun with, not by the clock of its machine', async () => {
    const [fast, slow] = [5000, 1];
    const old = await switchOf(spec, fast);
    const next = await switchOf(changed, 900);
    expect(await next.tryOver()).toBe(true);
    expect([await old.follow(), old.isBehind]).toEqual([true, false]);
    expect((await switchOf(spec, slow)).isBehind).toBe(true);
  });
});

it('is heard of at once, and taken up when everybody has heard of it', async () => {
  const clock = { time: 1000 };
  const old = await switchOf(spec, () => clock.time, { settleMs: 50 });
  expect(await (await switchOf(changed, 900)).tryOver()).toBe(true);
  expect([await old.follow(), await old.isCurrent(), old.slot]).toEqual([false, false, 0]);
  clock.time += 49;
  expect(await old.follow()).toBe(false);
  clock.time += 1;
  expect([await old.follow(), await old.isCurrent(), old.slot]).toEqual([true, true, 1]);
});

describe('profiles that this code cannot go on with', () => {
  it('are refused where nobody has noted their features', async () => {
    await stand(0, 0, 'other');
    await expect(switchOf(spec)).rejects.toMatchObject({
      code: 'DefinitionChanged',
      message: expect.stringContaining('likeness up SPEC --from-log-start'),
    });
    expect([(await switchOf(spec, 1, { rebuilds: true })).slot, (await active())!.hash]).toEqual([1, own.hash]);
  });

  it('are refused where other code computed them, unless a rebuild was asked for', async () => {
    const features = spec.features;
    const other = { hash: 'other', slot: 0, generation: 1, since: 1, features, mergeOn: [] } as const;
    await writeActiveFeatures(world.store, pipeline, undefined, other);
    expect(() => compileActive(other, spec.events)).toThrow(expect.objectContaining({ code: 'DefinitionChanged' }));
    await expect(switchOf(spec)).rejects.toMatchObject({ code: 'DefinitionChanged' });
    const rebuilding = await switchOf(spec, 1, { rebuilds: true });
    expect([rebuilding.live.hash, rebuilding.slot, rebuilding.generation]).toEqual([own.hash, 1, 2]);
  });
});

it('is kept with everything else of a pipeline', () => {
  expect(featureTags(pipeline, 1)).toEqual(['default/test/e1/features', 'default/test/e1/p0', 'default/test/e1/p0.1']);
});

interface Ports {
  readonly read?: ProfileStore['read'];
  readonly now?: () => number;
}

const backfillsOf = (features: FeatureSwitch, of: typeof own, { read, now = () => 1000 }: Ports = {}): Backfills =>
  new Backfills({
    features,
    wanted: of,
    broker: world.broker,
    store: read ? withStore(world.store, { read }) : world.store,
    pipeline,
    topic: topics['events-clean'],
    dedupeWindowMs: 1,
    clock: { now },
    metrics: { backfilled: () => undefined, backfill: () => undefined },
    logger: pino({ level: 'silent' }),
    onSwitch: () => undefined,
    onFatal: (error) => world.fatal.push(error),
    timing: { tickMs: 20, settleMs: 1e6, graceMs: 500 },
  });

it('lets nothing take over while what this instance has is not followed', async () => {
  await switchOf(spec);
  for (const partition of [0, 1]) await stand(partition, 1, wanted.hash);
  const backfills = backfillsOf(await switchOf(changed), wanted);
  const idle = { position: undefined, between: async () => undefined } as unknown as PartitionWorker;
  backfills.own(0, idle);
  await backfills.tick();
  expect((await active())!.generation).toBe(1);
  await backfills.stop();
});

describe('the idle slot', () => {
  /** `isTaken`: meanwhile the partition goes to another instance. */
  const tidy = async (features: FeatureSwitch, isTaken = false, hereForMs = 500): Promise<void> => {
    let now = 10_000;
    const read: ProfileStore['read'] = (...args) => {
      if (isTaken) backfills.drop([0]);
      return world.store.read(...args);
    };
    const backfills = backfillsOf(features, own, { read, now: () => now });
    backfills.own(0, {} as PartitionWorker);
    now += hereForMs;
    await backfills.tick();
    await backfills.stop();
    expect(world.fatal).toEqual([]);
  };
  const held = async () => (await world.store.read(statesTag(pipeline, 0, 1), [])).watermark;

  it('is cleared of what was never finished', async () => {
    await stand(0, 1, backfillMark(wanted.hash));
    await tidy(await switchOf(spec));
    expect(await held()).toBeUndefined();
  });

  it('is left alone where the partition has only just come here', async () => {
    await stand(0, 1, backfillMark(wanted.hash));
    await tidy(await switchOf(spec), false, 499);
    expect(await held()).toBeDefined();
  });

  it('is left alone where the partition has gone to somebody else', async () => {
    await stand(0, 1, backfillMark(wanted.hash));
    await tidy(await switchOf(spec), true);
    expect(await held()).toBeDefined();
  });

  it('is left alone once others have taken over there, though they are not taken up yet', async () => {
    const features = await switchOf(spec, 1000, { settleMs: 1e6 });
    await stand(0, 1, wanted.hash);
    expect(await (await switchOf(changed, 900)).tryOver()).toBe(true);
    await tidy(features);
    expect(await held()).toBeDefined();
  });
});
