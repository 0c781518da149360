/** A changed feature on a real Kafka and Redis: computed beside the old one by a process that is killed in the middle. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { featureSlice } from '../../crds/slices.ts';
import { freePort } from '../../operator/local/free-port.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import { readActiveFeatures, statesTag, type Slot } from '../../services/shared/active-features.ts';
import { backfillMark } from '../../services/shared/backfill.ts';
import type { Broker, Producer } from '../../services/shared/broker.ts';
import type { CleanEvent } from '../../services/shared/event.ts';
import { partitionOf } from '../../services/shared/partition.ts';
import { compileFeatures, type CompiledFeatures } from '../../services/shared/profile/compile.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import { streams } from '../../services/shared/streams.ts';
import { unique } from '../testbed/unique.ts';
import { cleanEvent, expectedState, partitions, spec } from './world.ts';

const profiles = 2400;
const changed = featureSlice.parse({
  ...spec,
  features: [
    { name: 'views', count: { events: ['view', 'purchase'], window: '48h', pane: '1h' } },
    spec.features[1],
    spec.features[2],
    { name: 'dearest', max: { field: 'value' } },
  ],
});
const [old, wanted] = [spec, changed].map(({ features, events }) => compileFeatures(features, events));

const pipeline = { namespace: unique('backfill'), name: 'shop', epoch: 1 };
const topics = Object.fromEntries(streams.map((stream) => [stream, `${pipeline.namespace}.shop.${stream}.e1`]));
const topic = topics['events-clean']!;
const sent = new Map<string, CleanEvent[]>();
const children = new Set<ChildProcess>();
let broker: Broker;
let store: ProfileStore;
let producer: Producer;

beforeAll(async () => {
  broker = await connectBroker({ kafka: { address: inject('kafka') }, clientId: pipeline.namespace });
  await broker.createTopics([
    { name: topic, partitions },
    { name: topics['events-dead']!, partitions },
  ]);
  producer = await broker.producer();
  store = await connectProfileStore({ redis: inject('redis') });
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});
afterAll(async () => {
  await producer?.close();
  await broker?.close();
  await store?.close();
});

async function feature(of: typeof spec): Promise<ChildProcess> {
  const main = fileURLToPath(new URL('../../services/feature/main.ts', import.meta.url));
  const env = {
    PATH: process.env['PATH']!,
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
    LIKENESS_NAMESPACE: pipeline.namespace,
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_GROUP: `${pipeline.namespace}.shop.feature.e1`,
    LIKENESS_KAFKA: inject('kafka'),
    LIKENESS_REDIS: inject('redis'),
    LIKENESS_SESSION_TIMEOUT_MS: '6000',
    LIKENESS_PORT: String(await freePort()),
    LIKENESS_LOG_LEVEL: 'error',
    LIKENESS_SPEC: JSON.stringify(of),
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], { env, stdio: 'inherit' });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

let next = 0;
async function send(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    const n = next++;
    return cleanEvent(n, { profile: `u-${n % profiles}` });
  });
  for (const event of events) sent.set(event.profile, [...(sent.get(event.profile) ?? []), event]);
  const byPartition = Map.groupBy(events, ({ profile }) => partitionOf(profile, partitions));
  const records = [...byPartition].flatMap(([partition, own]) =>
    Array.from({ length: Math.ceil(own.length / 20) }, (_, at) => {
      const lines = own.slice(20 * at, 20 * (at + 1)).map((event) => JSON.stringify(event));
      return { partition, value: Buffer.from(lines.join('\n')) };
    }),
  );
  await producer.send(topic, records);
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it took too long until ${what}`);
    await sleep(5);
  }
}

const watermarkOf = async (partition: number, slot: Slot) =>
  (await store.read(statesTag(pipeline, partition, slot), [])).watermark;

const caughtUp = (slot: Slot) => async (): Promise<boolean> => {
  for (const { partition, high } of await broker.offsets(topic))
    if ((await watermarkOf(partition, slot))?.offset !== high - 1) return false;
  return true;
};

async function wrong(slot: Slot, compiled: CompiledFeatures): Promise<string[]> {
  const ids = [...sent.keys()];
  const keys = ids.map((profileId) => ({
    tag: statesTag(pipeline, partitionOf(profileId, partitions), slot),
    profileId,
  }));
  const states = await store.get(keys);
  return ids.filter((id, at) => !expectedState(sent.get(id)!, compiled).equals(Buffer.from(states[at] ?? [])));
}

it('equals a replay of all events with the new features, and the old ones serve until then', async () => {
  await send(3 * profiles);
  const first = await feature(spec);
  await until(caughtUp(0), 'profiles are there');
  await end(first, 'SIGTERM');

  const mark = backfillMark(wanted!.hash);
  const second = await feature(changed);
  await send(profiles / 2);
  await until(async () => (await watermarkOf(0, 1))?.definition === mark, 'the backfill has begun');
  await end(second, 'SIGKILL');
  expect((await watermarkOf(0, 1))!.definition).toBe(mark);
  expect((await readActiveFeatures(store, pipeline))!.hash).toBe(old!.hash);

  await send(profiles / 2);
  const third = await feature(changed);
  await until(caughtUp(0), 'the old features have caught up');
  expect(await wrong(0, old!)).toEqual([]);
  await until(async () => (await readActiveFeatures(store, pipeline))!.hash === wanted!.hash, 'the new ones serve');
  await send(100);
  await until(caughtUp(1), 'the new features have caught up');
  expect(await wrong(1, wanted!)).toEqual([]);
  await end(third, 'SIGTERM');
}, 120_000);
