/** POST → visible in GET profile at a steady rate, against a bare two-hop round trip at the same rate. */
import { Agent, get } from 'node:http';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { runBarePipe } from './bare/pipe.ts';
import { eventLines } from './load/events.ts';
import { post } from './load/post.ts';
import type { BenchContext } from './main.ts';
import { startStack } from './stack.ts';
import { median, percentile, round } from './statistics.ts';

const partitions = 4;
const bytes = 500;
const rate = 200;
const users = 2000;

export async function run({ flags, note }: BenchContext): Promise<object> {
  const seconds = Number(flags['seconds'] ?? 20);
  const pairs = Number(flags['pairs'] ?? 3);
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const bare: number[][] = [];
  const full: number[][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const pipe = {
      kafka: kafka.address,
      partitions,
      messages: rate * seconds,
      warmUp: rate * 2,
      bytes,
      perSend: 1,
      rate,
    };
    bare.push([...(await runBarePipe(pipe)).latencies]);
    full.push(await measureFull({ kafka: kafka.address, redis: redis.url, pair }, rate * seconds));
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

/** Milliseconds from before each POST until a GET of the profile shows the event. */
async function measureFull({ kafka, redis, pair }: Target, events: number): Promise<number[]> {
  const stack = await startStack({ kafka, redis, name: `freshness-${pair}`, port: 18_080, partitions });
  const { ingest, serving } = stack.backend.urls();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const warmUp = rate * 2;
  const shape = {
    events: events + warmUp,
    users,
    items: 4000,
    bytes,
    seed: pair + 1,
    startTime: Date.now() - 600_000,
    prefix: `f${pair}`,
  };
  const latencies: number[] = [];
  const under: Promise<number>[] = [];
  const started = performance.now();
  let index = 0;
  for (const line of eventLines(shape)) {
    const due = started + (index / rate) * 1000 - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    under.push(timeEvent({ ingest, serving, agent }, line));
    index++;
  }
  latencies.push(...(await Promise.all(under)).slice(warmUp));
  agent.destroy();
  await stack.stop();
  return latencies;
}

interface Endpoints {
  readonly ingest: string;
  readonly serving: string;
  readonly agent: Agent;
}

async function timeEvent({ ingest, serving, agent }: Endpoints, line: string): Promise<number> {
  const { userId, id, time } = JSON.parse(line) as { userId: string; id: string; time: string };
  const started = performance.now();
  const status = await post({ url: ingest, agent }, Buffer.from(line));
  if (status !== 202) throw new Error(`ingest answered ${status}`);
  // Event times rise by a millisecond each, so the newest event of a profile tells whether this one is in.
  while ((await newestTime(`${serving}/v1/profiles/${userId}`, agent)) < time) {
    if (performance.now() - started > 10_000) throw new Error(`${id} is not visible after 10 s`);
  }
  return performance.now() - started;
}

function newestTime(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        const body = JSON.parse(text) as { attributes?: { lastSeen?: { time: string | null } } };
        resolve(body.attributes?.lastSeen?.time ?? '');
      });
    });
    request.once('error', reject);
  });
}
