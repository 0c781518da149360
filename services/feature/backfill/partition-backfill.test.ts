/** Whatever changes, and wherever it is killed: in the end each profile is what a replay with the new features makes. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { featureSlice } from '../../../crds/slices.ts';
import { MemoryLog, memoryStore } from '../../../test/feature/memory.ts';
import {
  cleanEvent,
  expectedState,
  partitions,
  pipeline,
  spec,
  topics,
  withStore,
} from '../../../test/feature/world.ts';
import { statesTag } from '../../shared/active-features.ts';
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CleanEvent } from '../../shared/event.ts';
import { partitionOf } from '../../shared/partition.ts';
import { decodeProfile } from '../../shared/profile/codec.ts';
import { compileFeatures, type CompiledFeatures, type LinkEvent } from '../../shared/profile/compile.ts';
import type { ProfileState } from '../../shared/profile/profile.ts';
import type { ProfileStore, Watermark } from '../../shared/profile-store.ts';
import { createMetrics } from '../metrics.ts';
import { PartitionWorker } from '../partition-worker.ts';
import { carryingOf } from './carrying.ts';
import { PartitionBackfill } from './partition-backfill.ts';

const topic = topics['events-clean'];
const partition = 0;
const [liveTag, tag] = [statesTag(pipeline, partition, 0), statesTag(pipeline, partition, 1)];
const profiles = Array.from({ length: 40 }, (_, n) => `u-${n}`).filter(
  (id) => partitionOf(id, partitions) === partition,
);

const compile = (features: unknown[], mergeOn?: readonly LinkEvent[]): CompiledFeatures =>
  compileFeatures(featureSlice.parse({ events: spec.events, features }).features, spec.events, {
    ...(mergeOn && { mergeOn }),
  });
const live = compileFeatures(spec.features, spec.events);
const [views, spend, history] = spec.features as [object, object, object];
const changes: readonly CompiledFeatures[] = [
  compile([views, spend, { name: 'history', sequence: { length: 5 } }]),
  compile([views, { name: 'average', mean: { field: 'value' } }, spend, history]),
  compile([{ name: 'views', count: { events: ['view', 'purchase'], window: '48h', pane: '1h' } }]),
  compile([spend, history]),
  compile([views, spend, history], ['alias']),
];

/** The n-th event of the partition; some say who somebody is, some come again. */
function eventOf(n: number): CleanEvent {
  const profile = profiles[n % profiles.length]!;
  if (n % 11 === 5) return cleanEvent(n, { profile, type: 'identify', anonymousId: `a-${n % 3}`, userId: profile });
  return n % 7 === 6
    ? cleanEvent(n - 3, { profile: profiles[(n - 3) % profiles.length]! })
    : cleanEvent(n, { profile });
}

class World {
  readonly log = new MemoryLog();
  readonly store = memoryStore();
  readonly sent = new Map<string, CleanEvent[]>();
  next = 0;

  /** So many events more, two a record. */
  send(count: number): void {
    const events = Array.from({ length: count }, (_, at) => eventOf(this.next + at));
    this.next += count;
    for (const event of events) this.sent.set(event.profile, [...(this.sent.get(event.profile) ?? []), event]);
    for (let from = 0; from < count; from += 2)
      this.log.append(events.slice(from, from + 2).map((event) => JSON.stringify(event)));
  }

  get broker(): Broker {
    return this.log as unknown as Broker;
  }
}

/** Lets others have their turn before each call, and after so many fails for good; the last may have been done or not. */
function mortal(store: ProfileStore, calls: number, isDone: boolean) {
  const life = { left: calls };
  const dying =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await turn();
      life.left--;
      if (life.left > 0) return call(...args);
      if (life.left === 0 && isDone) await call(...args);
      throw new LikenessError('StoreUnavailable', 'dead', { retryable: true });
    };
  const read = dying((...args: Parameters<ProfileStore['read']>) => store.read(...args));
  const commit = dying((...args: Parameters<ProfileStore['commit']>) => store.commit(...args));
  const clear = dying((tag: string) => store.clear(tag));
  return { life, store: withStore(store, { read, commit, clear }) };
}

const turn = () => new Promise(setImmediate);

interface Circumstances {
  /** The worker as the backfill sees it. */
  readonly asSeen?: (worker: PartitionWorker) => Pick<PartitionWorker, 'between' | 'position'>;
}

function begin(
  world: World,
  store: ProfileStore,
  wanted: CompiledFeatures,
  { asSeen = (worker) => worker }: Circumstances = {},
) {
  const reading = { from: 0 };
  const logger = pino({ level: 'silent' });
  const worker = new PartitionWorker(
    partition,
    liveTag,
    {
      topic,
      deadTopic: topics['events-dead'],
      dedupeWindowMs: 86_400_000,
      fromLogStart: false,
      cache: { entries: 5, bytes: 1e9 },
    },
    {
      broker: world.broker,
      store,
      producer: { send: async () => undefined, close: async () => undefined },
      compiled: live,
      metrics: createMetrics(new Registry()),
      clock: Date,
      seek: (_, offset) => void (reading.from = offset),
    },
  );
  const backfill = new PartitionBackfill({
    broker: world.broker,
    store,
    carrying: carryingOf(live, wanted),
    liveTag,
    tag,
    dedupeWindowMs: 86_400_000,
    topic,
    partition,
    worker: asSeen(worker),
    logger,
    pauseMs: 1,
    sizes: { joinWithin: 3, page: 2 },
  });
  worker.beside = backfill;
  return { worker, backfill, reading };
}

type Begun = ReturnType<typeof begin>;

/** All that the log holds and the live states do not. */
async function pump(world: World, { worker, reading }: Begun): Promise<void> {
  if (worker.position === undefined) reading.from = await worker.assign();
  const { high } = (await world.broker.offsets(topic))[partition]!;
  for await (const records of world.broker.read({ topic, partition, from: reading.from, to: high })) {
    const at = { topic, partition, records, highWatermark: high };
    await worker.work({ ...at, heartbeat: async () => undefined, isStale: () => false });
    reading.from = records.at(-1)!.offset + 1;
  }
}

const wrong = async (world: World, at: string, compiled: CompiledFeatures): Promise<string[]> => {
  const ids = [...world.sent.keys()];
  const states = await world.store.get(ids.map((profileId) => ({ tag: at, profileId })));
  return ids.filter((id, place) => {
    const stored = states[place];
    return stored === undefined || !expectedState(world.sent.get(id)!, compiled).equals(Buffer.from(stored));
  });
};

interface Life {
  /** Index of what is wanted meanwhile. */
  readonly change: number;
  /** Numbers of events sent, one after another. */
  readonly steps: readonly number[];
  readonly calls: number;
  readonly isDone: boolean;
  /** Milliseconds between two of them. */
  readonly pause: number;
}

const lives = fc.array(
  fc.record({
    change: fc.nat(changes.length - 1),
    steps: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    calls: fc.integer({ min: 3, max: 40 }),
    isDone: fc.boolean(),
    pause: fc.nat(3),
  }),
  { minLength: 1, maxLength: 4 },
);

async function liveUntilKilled(world: World, life: Life): Promise<void> {
  const { store, life: dying } = mortal(world.store, life.calls, life.isDone);
  const begun = begin(world, store, changes[life.change]!);
  const { backfill } = begun;
  const run = backfill.run();
  try {
    for (const count of life.steps) {
      world.send(count);
      await pump(world, begun);
      await sleep(life.pause);
    }
    while (dying.left > 0 && !backfill.isAbreast) await sleep(0);
  } catch (error) {
    expect(error).toMatchObject({ code: 'StoreUnavailable' });
  }
  backfill.stop();
  await run;
}

const untilAbreast = async (backfill: PartitionBackfill): Promise<void> => {
  while (!backfill.isAbreast) await sleep(0);
};

it('makes what a replay makes, killed anywhere and asked for something else meanwhile', async () => {
  const change = fc.nat(changes.length - 1);
  await fc.assert(
    fc.asyncProperty(fc.nat(30), lives, change, async (before, killed, last) => {
      const world = new World();
      world.send(before);
      for (const life of killed) await liveUntilKilled(world, life);
      const wanted = changes[last]!;
      const begun = begin(world, mortal(world.store, Infinity, true).store, wanted);
      const { backfill } = begun;
      const run = backfill.run();
      await pump(world, begun);
      for (let more = 0; more < 6 || !backfill.isAbreast; more++) {
        if (more < 40) world.send(3);
        await pump(world, begun);
        await turn();
      }
      world.send(9);
      await pump(world, begun);
      backfill.stop();
      await run;
      expect(await wrong(world, tag, wanted)).toEqual([]);
      expect(await wrong(world, liveTag, live)).toEqual([]);
      const { watermark } = await world.store.read(tag, []);
      expect(watermark).toEqual({ ...(await world.store.read(liveTag, [])).watermark, definition: wanted.hash });
    }),
    { numRuns: 30 },
  );
}, 60_000);

it('takes over what the log has lost, and tells from where on the changed features know', async () => {
  const world = new World();
  world.send(30);
  await pump(world, begin(world, world.store, live));
  world.log.low = 5;
  const wanted = changes[0]!;
  const begun = begin(world, world.store, wanted);
  const { backfill } = begun;
  const run = backfill.run();
  await pump(world, begun);
  await untilAbreast(backfill);
  expect(backfill.notes).toEqual(['partition 0: no record before offset 5 can be read any more']);
  backfill.stop();
  await run;
  const id = profiles[0]!;
  const [before, after] = await world.store.get([liveTag, tag].map((of) => ({ tag: of, profileId: id })));
  const [old, made] = [decodeProfile(live, before!), decodeProfile(wanted, after!)];
  const counted = (compiled: CompiledFeatures, state: ProfileState, name: string) =>
    state.counted[compiled.features.findIndex((feature) => feature.name === name)]!;
  expect(counted(wanted, made, 'spend')).toBe(counted(live, old, 'spend'));
  expect(counted(wanted, made, 'history')).toBeLessThan(counted(live, old, 'history'));
});

it('takes nothing over before it has taken what was kept for later', async () => {
  const world = new World();
  world.send(20);
  const wanted = changes[0]!;
  let calls = 0;
  const asSeen = (worker: PartitionWorker) => ({
    get position() {
      return worker.position;
    },
    async between<T>(work: (live: Watermark | undefined) => Promise<T>): Promise<T | undefined> {
      // In the first one it opens, in the second it begins to keep the batches, in the third it takes those.
      if (++calls !== 3) return worker.between(work);
      world.send(8);
      await pump(world, begun);
      worker.forget();
      const done = await worker.between(work);
      begun.reading.from = await worker.assign();
      return done;
    },
  });
  const begun = begin(world, world.store, wanted, { asSeen });
  await pump(world, begun);
  const { backfill } = begun;
  const run = backfill.run();
  await untilAbreast(backfill);
  backfill.stop();
  await run;
  expect(await wrong(world, tag, wanted)).toEqual([]);
});
