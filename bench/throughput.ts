/** HTTP → committed profile on real Kafka and Redis, against a bare two-hop pipe of the same bytes. */
import { compileFeatures } from '../services/shared/profile/compile.ts';
import { decodeProfile } from '../services/shared/profile/codec.ts';
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import { partitionTag, type ProfileStore } from '../services/shared/profile-store.ts';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { untilApplied } from './applied.ts';
import { runBarePipe } from './bare/pipe.ts';
import { cpuMicros } from './cpu.ts';
import { bodies, eventLines } from './load/events.ts';
import { postAll } from './load/post.ts';
import type { BenchContext } from './main.ts';
import { type Stack, startStack } from './stack.ts';
import { median, round, spread } from './statistics.ts';

const partitions = 4;
const bytes = 500;
const perPost = 100;
const connections = 32;
/** Stock kafkajs' best batch for events of this size, found by trying 250 to 4,000. */
const barePerSend = 1000;
/** The record shape of the services: a post's events over the partitions, packed. */
const eventsPerRecord = perPost / partitions;

interface FullRun {
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerEvent: Record<string, number>;
}

export async function run({ flags, note }: BenchContext): Promise<object> {
  const events = Number(flags['events'] ?? 200_000);
  const pairs = Number(flags['pairs'] ?? 5);
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const full: FullRun[] = [];
  const bare: number[] = [];
  const sameClient: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const pipe = { kafka: kafka.address, partitions };
    bare.push(
      events /
        (await runBarePipe({ ...pipe, messages: events, warmUp: warmUpEvents, bytes, perSend: barePerSend })).seconds,
    );
    const packed = {
      messages: events / eventsPerRecord,
      warmUp: warmUpEvents / eventsPerRecord,
      bytes: bytes * eventsPerRecord,
      perSend: 80,
    };
    sameClient.push(events / (await runBarePipe({ ...pipe, ...packed })).seconds);
    full.push(
      await runFull({ kafka: kafka.address, redis: redis.url, kafkaPid: kafka.pid, redisPid: redis.pid }, events, pair),
    );
    note(
      `pair ${pair + 1}: full ${full.at(-1)!.eventsPerSecond}/s  bare ${round(bare.at(-1)!, 0)}/s  same client ${round(sameClient.at(-1)!, 0)}/s`,
    );
  }
  await redis.stop();
  await kafka.stop();
  const rates = full.map(({ eventsPerSecond }) => eventsPerSecond);
  return {
    eventsPerSecond: median(rates),
    bareKafkaEventsPerSecond: round(median(bare), 0),
    ratio: round(median(rates.map((rate, pair) => rate / bare[pair]!))),
    sameClientRatio: round(median(rates.map((rate, pair) => rate / sameClient[pair]!))),
    spread: round(spread(rates)),
    cpuMicrosPerEvent: full.at(-1)!.cpuMicrosPerEvent,
    events,
    pairs,
  };
}

interface Addresses {
  readonly kafka: string;
  readonly redis: string;
  readonly kafkaPid: number;
  readonly redisPid: number;
}

async function runFull(at: Addresses, events: number, pair: number): Promise<FullRun> {
  const stack = await startStack({ ...at, name: `throughput-${pair}`, port: 18_080, partitions });
  const shape = {
    events,
    users: 10_000,
    items: 4000,
    bytes,
    seed: pair + 1,
    // One event a millisecond, none of them in the future.
    startTime: Date.now() - events - 60_000,
    prefix: `t${pair}`,
  };
  const load = bodies(eventLines(shape), perPost);
  const store = await connectProfileStore({ redis: at.redis });
  await warmUp(stack, pair);
  const pids = [...stack.backend.pids(), { name: 'kafka', pid: at.kafkaPid }, { name: 'redis', pid: at.redisPid }];
  const before = pids.map(({ pid }) => cpuMicros(pid));
  const started = performance.now();
  await postAll({ url: stack.backend.urls().ingest, bodies: load, connections });
  await untilApplied(stack, warmUpEvents + events);
  const seconds = (performance.now() - started) / 1000;
  const cpu = pids.map(({ name, pid }, index) => [name, round((cpuMicros(pid) - before[index]!) / events, 1)]);
  await verify(stack, store, events + warmUpEvents);
  await store.close();
  await stack.stop();
  return {
    eventsPerSecond: Math.round(events / seconds),
    cpuMicrosPerEvent: Object.fromEntries(cpu) as Record<string, number>,
  };
}

const warmUpEvents = 5000;

/** Just-in-time compilers need some events before they show what they can do: the bare pipe has as many. */
async function warmUp(stack: Stack, pair: number): Promise<void> {
  const shape = {
    events: warmUpEvents,
    users: 10_000,
    items: 4000,
    bytes,
    seed: 99,
    startTime: Date.now() - 60_000,
    prefix: `w${pair}`,
  };
  await postAll({ url: stack.backend.urls().ingest, bodies: bodies(eventLines(shape), perPost), connections: 4 });
  await untilApplied(stack, warmUpEvents);
}

/** Every event must be in some profile: `lastSeen` counts them all. */
async function verify(stack: Stack, store: ProfileStore, events: number): Promise<void> {
  const features = compileFeatures(stack.spec.features, stack.spec.events);
  const index = features.features.findIndex(({ name }) => name === 'lastSeen');
  let counted = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const tag = partitionTag(stack.plan.pipeline, partition);
    for await (const profileId of store.list(tag)) {
      const [state] = await store.get([{ tag, profileId }]);
      counted += decodeProfile(features, state!).counted[index]!;
    }
  }
  if (counted !== events) throw new Error(`${events} events were accepted, the profiles contain ${counted}`);
}
