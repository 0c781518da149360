/** One worker, batch by batch: what it does when a rival or an event spoils what it holds in memory. */
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Batch } from '../shared/broker.ts';
import { idHash64 } from '../shared/id-hash.ts';
import { partitionOf } from '../shared/partition.ts';
import { compileFeatures, type CompiledFeatures } from '../shared/profile/compile.ts';
import { RecentIds } from '../shared/profile/recent-ids.ts';
import type { ProfileStore } from '../shared/profile-store.ts';
import { createMetrics } from './metrics.ts';
import { PartitionWorker } from './partition-worker.ts';
import {
  cleanEvent,
  expectedState,
  partitions,
  spec,
  start0,
  tagOf,
  topics,
  withStore,
  World,
} from '../../test/feature/world.ts';

const partition = partitionOf('u-1', partitions);
const tag = tagOf(partition);
const compiled = compileFeatures(spec.features, spec.events);

let world: World;
let seeks: number[];
beforeEach(async () => {
  world = await new World().open();
  seeks = [];
});
afterEach(() => world.close());

async function worker(more: { store?: ProfileStore; compiled?: CompiledFeatures; entries?: number } = {}) {
  const made = new PartitionWorker(
    partition,
    tag,
    {
      topic: topics['events-clean'],
      deadTopic: topics['events-dead'],
      dedupeWindowMs: 86_400_000,
      fromLogStart: false,
      cache: { entries: more.entries ?? 100, bytes: 1e9 },
    },
    {
      broker: world.broker,
      store: more.store ?? world.store,
      producer: await world.broker.producer(),
      compiled: more.compiled ?? compiled,
      metrics: createMetrics(new Registry()),
      clock: Date,
      seek: (_, offset) => void seeks.push(offset),
    },
  );
  await made.assign();
  return made;
}

/** The records of the log from an offset on, as one batch. */
async function batch(from: number): Promise<Batch> {
  const topic = topics['events-clean'];
  const { high } = (await world.broker.offsets(topic))[partition]!;
  const records = [];
  for await (const part of world.broker.read({ topic, partition, from, to: high })) records.push(...part);
  return { topic, partition, records, highWatermark: high, heartbeat: async () => undefined, isStale: () => false };
}

const event = (n: number, more = {}) => cleanEvent(n, { profile: 'u-1', ...more });
const stateOf = async (): Promise<Buffer> => Buffer.from((await world.store.get([{ tag, profileId: 'u-1' }]))[0]!);

test('a worker takes from a batch only what its watermark does not cover', async () => {
  const one = await worker();
  await world.send([event(0), event(1)], 1);
  await one.work(await batch(0));
  await world.send([event(2)], 1);
  await one.work(await batch(0));
  expect(one.position).toBe(3);
  expect(await stateOf()).toEqual(expectedState([event(0), event(1), event(2)]));
});

test('an event that fails half-way is refused, and leaves nothing of itself in the profile', async () => {
  const poison = 'e-2';
  const [first, ...rest] = compiled.features;
  // The last feature fails when the first ones have already changed their states.
  const fails = {
    ...compiled,
    countedBy: () => compiled.features.map((_, place) => place),
    features: [first!, ...rest].map((feature, place) => {
      if (place < compiled.features.length - 1) return feature;
      const update: typeof feature.kind.update = (state, at) => {
        if (at.event.id === poison) throw new Error('cannot be');
        return feature.kind.update(state, at);
      };
      return { ...feature, kind: { ...feature.kind, update } };
    }),
  };
  const alike = { ...compiled, countedBy: fails.countedBy };
  const one = await worker({ compiled: fails });
  await world.send([event(0), event(1)], 1);
  await one.work(await batch(0)); // The profile is in memory now.
  await world.send([event(2), event(3), event(4)], 3);
  await one.work(await batch(2));
  expect(await world.deadLetters()).toMatchObject([
    { reason: 'Poison', detail: 'cannot be', event: { id: poison }, source: `t.events-clean-${partition}-2-0` },
  ]);
  expect(await stateOf()).toEqual(
    expectedState(
      [0, 1, 3, 4].map((n) => event(n)),
      alike,
    ),
  );
  expect(one.position).toBe(3);
});

test('states that a rival wrote meanwhile are not judged by, only looked at again', async () => {
  await world.send([event(0)], 1);
  const rival = async (): Promise<void> => {
    // Two days on: by these ids the event of this worker would be too old to be told from a repeat.
    const ids = new RecentIds(86_400_000);
    ids.add(idHash64('later'), start0 + 172_800_000);
    const write = { profileId: 'u-1', state: expectedState([event(0)]), ids: ids.takeWrite()! };
    const { timestamp } = (await batch(0)).records[0]!;
    await world.store.commit(tag, undefined, { offset: 0, timestamp, definition: compiled.hash }, [write]);
  };
  let rivals = 0;
  const read: ProfileStore['read'] = async (at, profileIds) => {
    if (profileIds.length > 0 && rivals++ === 0) await rival();
    return world.store.read(at, profileIds);
  };
  const one = await worker({ store: withStore(world.store, { read }) });
  await one.work(await batch(0));
  expect(await world.deadLetters()).toEqual([]);
  expect(seeks).toEqual([0]); // The record at the watermark, to compare it.
  expect(one.position).toBe(1);
});

test('the record at the watermark is compared before anything is applied', async () => {
  await world.send([event(0), event(1)], 1);
  await (await worker()).work(await batch(0));
  const topic = topics['events-clean'];
  await world.broker.deleteTopics([topic]);
  await world.createTopics();
  await world.send([event(2), event(3), event(4)], 1);
  const again = await worker();
  const before = await stateOf();
  const [first, ...rest] = (await batch(1)).records;
  const other = { ...first!, timestamp: first!.timestamp + 5 };
  await expect(again.work({ ...(await batch(1)), records: [other, ...rest] })).rejects.toMatchObject({
    code: 'LogRecreated',
  });
  expect(await stateOf()).toEqual(before);
});

test('a batch that has become stale is left to its new owner', async () => {
  const one = await worker();
  await world.send([event(0)], 1);
  await one.work({ ...(await batch(0)), isStale: () => true });
  expect(one.position).toBe(0);
  expect(await world.store.hasProfiles(tag)).toBe(false);
});

test('a memory of one profile makes the same states as a large one', async () => {
  const one = await worker({ entries: 1 });
  const profiles = ['u-1', ...['a', 'b', 'c', 'd'].filter((name) => partitionOf(name, partitions) === partition)];
  for (let n = 0; n < 6; n++) {
    await world.send(profiles.map((profile) => cleanEvent(n, { profile, id: `${profile}-${n}` })));
    await one.work(await batch(one.position!));
  }
  expect(profiles.length).toBeGreaterThan(1);
  expect(await world.wrongProfiles()).toEqual([]);
});
