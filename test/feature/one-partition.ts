/** For tests of a backfill: one partition, its live work and what is computed beside, on a log and a store in memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { featureSlice } from '../../crds/slices.ts';
import { carryingOf } from '../../services/feature/backfill/carrying.ts';
import { PartitionBackfill } from '../../services/feature/backfill/partition-backfill.ts';
import { createMetrics } from '../../services/feature/metrics.ts';
import { PartitionWorker } from '../../services/feature/partition-worker.ts';
import { statesTag } from '../../services/shared/active-features.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { CleanEvent } from '../../services/shared/event.ts';
import { partitionOf } from '../../services/shared/partition.ts';
import { compileFeatures, type CompiledFeatures, type LinkEvent } from '../../services/shared/profile/compile.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import { MemoryLog, memoryStore } from './memory.ts';
import { cleanEvent, expectedState, partitions, pipeline, spec, topics } from './world.ts';

const topic = topics['events-clean'];
const partition = 0;
export const [liveTag, tag] = [statesTag(pipeline, partition, 0), statesTag(pipeline, partition, 1)];
export const profiles = Array.from({ length: 40 }, (_, n) => `u-${n}`).filter(
  (id) => partitionOf(id, partitions) === partition,
);

const compile = (features: unknown[], mergeOn?: readonly LinkEvent[]): CompiledFeatures =>
  compileFeatures(featureSlice.parse({ events: spec.events, features }).features, spec.events, {
    ...(mergeOn && { mergeOn }),
  });
export const live = compileFeatures(spec.features, spec.events);
const [views, spend, history] = spec.features as [object, object, object];
export const changes: readonly CompiledFeatures[] = [
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

export class OnePartition {
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
interface Circumstances {
  /** The worker as the backfill sees it. */
  readonly asSeen?: (worker: PartitionWorker) => Pick<PartitionWorker, 'between' | 'position'>;
  readonly isIdle?: boolean;
}

export function begin(
  world: OnePartition,
  store: ProfileStore,
  wanted: CompiledFeatures,
  { asSeen = (worker) => worker, isIdle = true }: Circumstances = {},
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
    isIdle: async () => isIdle,
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
export async function pump(world: OnePartition, { worker, reading }: Begun): Promise<void> {
  if (worker.position === undefined) reading.from = await worker.assign();
  const { high } = (await world.broker.offsets(topic))[partition]!;
  for await (const records of world.broker.read({ topic, partition, from: reading.from, to: high })) {
    const at = { topic, partition, records, highWatermark: high };
    await worker.work({ ...at, heartbeat: async () => undefined, isStale: () => false });
    reading.from = records.at(-1)!.offset + 1;
  }
}

export const wrong = async (world: OnePartition, at: string, compiled: CompiledFeatures): Promise<string[]> => {
  const ids = [...world.sent.keys()];
  const states = await world.store.get(ids.map((profileId) => ({ tag: at, profileId })));
  return ids.filter((id, place) => {
    const stored = states[place];
    return stored === undefined || !expectedState(world.sent.get(id)!, compiled).equals(Buffer.from(stored));
  });
};

export const untilAbreast = async (backfill: PartitionBackfill): Promise<void> => {
  while (!backfill.isAbreast) await sleep(0);
};

/** Lets what `run` began catch up, and ends it. */
export async function finish(backfill: PartitionBackfill, run: Promise<void>): Promise<void> {
  await untilAbreast(backfill);
  backfill.stop();
  await run;
}

export const turns = async (count: number): Promise<void> => {
  for (let at = 0; at < count; at++) await sleep(1);
};
