/**
 * POST → visible in GET profile at a steady rate, against a round trip through a bare two-hop pipe at the same rate.
 * Both sides are warm first: code compiled, and on ours users and items known, as they are to a shop that is open.
 */
import { Agent } from 'node:http';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { untilApplied } from './applied.ts';
import { runBarePipe } from './bare/pipe.ts';
import { bodies, eventLines } from './load/events.ts';
import { postAll } from './load/post.ts';
import type { BenchContext } from './main.ts';
import { startStack } from './stack.ts';
import { median, percentile, round } from './statistics.ts';
import { Watch } from './watch.ts';

const partitions = 4;
const rate = 200;
const shop = { users: 2000, items: 4000, bytes: 500 };
/** One after another, each until it is seen, then at the rate; none of them counts. */
const warmUp = { fast: 3000, paced: rate };
/** More than every user and item has, in large bodies. */
const knownEvents = 40_000;

export async function run({ flags, note }: BenchContext): Promise<object> {
  const events = rate * Number(flags['seconds'] ?? 20);
  const pairs = Number(flags['pairs'] ?? 3);
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const pipe = {
    kafka: kafka.address,
    partitions,
    warmUp: warmUp.fast,
    messages: warmUp.paced + events,
    bytes: shop.bytes,
    perSend: 1,
    rate,
  };
  const bare: number[][] = [];
  const full: number[][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    bare.push((await runBarePipe(pipe)).latencies.slice(warmUp.paced));
    full.push(await measureFull({ kafka: kafka.address, redis: redis.url, pair }, events));
    note(`pair ${pair + 1}: full p50 ${round(median(full[pair]!))} ms  bare p50 ${round(median(bare[pair]!))} ms`);
  }
  await redis.stop();
  await kafka.stop();
  const medianOf = (runs: number[][], fraction: number) => round(median(runs.map((run) => percentile(run, fraction))));
  return {
    p50Ms: medianOf(full, 0.5),
    p99Ms: medianOf(full, 0.99),
    bareP50Ms: medianOf(bare, 0.5),
    bareP99Ms: medianOf(bare, 0.99),
    ratio: round(median(full.map((run, pair) => median(run) / median(bare[pair]!)))),
    pairs,
    eventsPerSecond: rate,
  };
}

interface Target {
  readonly kafka: string;
  readonly redis: string;
  readonly pair: number;
}

async function measureFull({ kafka, redis, pair }: Target, events: number): Promise<number[]> {
  const stack = await startStack({ kafka, redis, name: `freshness-${pair}`, port: 0, partitions });
  const load = (count: number, prefix: string, minutesAgo: number) =>
    eventLines({ ...shop, events: count, seed: pair + 1, startTime: Date.now() - minutesAgo * 60_000, prefix });
  const url = stack.backend.urls().ingest;
  await postAll({ url, connections: 4, bodies: bodies(load(knownEvents, `k${pair}`, 30), 100) });
  await untilApplied(stack, knownEvents);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const watch = new Watch({ ...stack.backend.urls(), agent });
  for (const line of load(warmUp.fast, `w${pair}`, 20)) await watch.time(line);
  const latencies = await latenciesAtRate(watch, load(warmUp.paced + events, `f${pair}`, 10));
  agent.destroy();
  await stack.stop();
  return latencies.slice(warmUp.paced);
}

/** Milliseconds from before each POST until a GET of the profile shows the event. */
async function latenciesAtRate(watch: Watch, lines: Iterable<string>): Promise<number[]> {
  const underWay: Promise<number>[] = [];
  const started = performance.now();
  for (const line of lines) {
    const due = started + (underWay.length / rate) * 1000 - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    underWay.push(watch.time(line));
  }
  return Promise.all(underWay);
}
