/** What an event costs with many users, and with a long history: both must stay flat. */
import { topicName } from '../operator/topics.ts';
import type { Plan } from '../operator/plan.ts';
import { connectBroker } from '../services/shared/adapters/connect-broker.ts';
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import type { SentEvent } from '../services/shared/event.ts';
import type { Watermark } from '../services/shared/profile-store.ts';
import type { CompiledFeatures } from '../services/shared/profile/compile.ts';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { untilApplied } from './applied.ts';
import { microsPerEvent } from './history.ts';
import { bodies, eventLines } from './load/events.ts';
import { postAll } from './load/post.ts';
import type { BenchContext } from './main.ts';
import { cleanEvent, compileSpec, statesOf, storeStates } from './profiles.ts';
import { benchPipeline, type StackOptions, startStack } from './stack.ts';
import { median, round } from './statistics.ts';

const partitions = 4;
/** Before the timed events: enough to fill panes, interests and a part of the history. */
const eventsPerStoredProfile = 20;
const hourMs = 3_600_000;
const sliceUsers = 50_000;
const warmUpEvents = 10_000;

export async function run({ flags, note }: BenchContext): Promise<object> {
  const runs = Number(flags['runs'] ?? 5);
  const events = Number(flags['events'] ?? 100_000);
  const few: number[] = [];
  const many: number[] = [];
  const short: number[] = [];
  const long: number[] = [];
  for (let run = 0; run < runs; run++) {
    few.push(await eventsPerSecond(10_000, events, run));
    many.push(await eventsPerSecond(1_000_000, events, run));
    short.push(await microsPerEvent(10));
    long.push(await microsPerEvent(10_000));
    note(`run ${run + 1}: ${few[run]}/s, ${many[run]}/s; ${short[run]} µs, ${long[run]} µs`);
  }
  return {
    eventsPerSecondAt10kUsers: median(few),
    eventsPerSecondAt1MUsers: median(many),
    usersRatio: round(median(many) / median(few)),
    usPerEventAtHistory10: median(short),
    usPerEventAtHistory10000: median(long),
    historyRatio: round(median(long) / median(short)),
    runs,
  };
}

/** HTTP → committed profile, with so many profiles already stored; every user is as likely as another. */
async function eventsPerSecond(users: number, events: number, run: number): Promise<number> {
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const at = { kafka: kafka.address, redis: redis.url, name: 'growth', port: 18_080, partitions };
  await fill(at, users);
  const stack = await startStack(at);
  const shape = { users, items: 4000, bytes: 500, startTime: Date.now() - hourMs / 6 };
  const load = (count: number, seed: number) =>
    bodies(eventLines({ ...shape, events: count, seed, prefix: `g${run}-${seed}` }), 100);
  const url = stack.backend.urls().ingest;
  await postAll({ url, connections: 8, bodies: load(warmUpEvents, 1) });
  await untilApplied(stack, warmUpEvents);
  const timed = load(events, 2);
  const started = performance.now();
  await postAll({ url, connections: 32, bodies: timed });
  await untilApplied(stack, warmUpEvents + events);
  const seconds = (performance.now() - started) / 1000;
  await stack.stop();
  await redis.stop();
  await kafka.stop();
  return Math.round(events / seconds);
}

/** Stores profiles u0…, in slices so that memory holds a slice, under watermarks that fit a log of one record each. */
async function fill(at: StackOptions, users: number): Promise<void> {
  const { spec, plan } = benchPipeline(at);
  const features = compileSpec(spec);
  const store = await connectProfileStore({ redis: at.redis });
  const watermarks = await beginLog(at.kafka, plan, features);
  for (let from = 0; from < users; from += sliceUsers) {
    const size = Math.min(sliceUsers, users - from);
    const shape = {
      events: size * eventsPerStoredProfile,
      users: size,
      items: 4000,
      bytes: 0,
      seed: from,
      prefix: 'f',
    };
    const lines = eventLines({ ...shape, startTime: Date.now() - 240 * hourMs });
    const events = lines.map((line) => {
      const event = JSON.parse(line) as SentEvent;
      return cleanEvent(event, `u${from + Number(event.userId!.slice(1))}`);
    });
    await storeStates(features, statesOf(features, events), { store, pipeline: plan.pipeline, watermarks });
  }
  await store.close();
}

/** A feature service refuses profiles whose watermark the log does not hold: so one record a partition. */
async function beginLog(kafka: string, plan: Plan, { hash }: CompiledFeatures): Promise<Watermark[]> {
  const broker = await connectBroker({ kafka, clientId: 'bench' });
  await broker.createTopics(plan.topics);
  const topic = topicName(plan.pipeline, 'events-clean');
  const producer = await broker.producer();
  const watermarks: Watermark[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    await producer.send(topic, [{ partition, value: Buffer.from('{}') }]);
    for await (const [record] of broker.read({ topic, partition, from: 0, to: 1 }))
      watermarks.push({ offset: 0, timestamp: record!.timestamp, definition: hash });
  }
  await producer.close();
  await broker.close();
  return watermarks;
}
