/** GET profile from Redis against bare Express with one Redis GET of the same size. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import type { SentEvent } from '../services/shared/event.ts';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { eventLines } from './load/events.ts';
import { loadGets, type GetResult } from './load/get.ts';
import type { BenchContext } from './main.ts';
import { cleanEvent, compileSpec, statesOf, storeStates } from './profiles.ts';
import { seededRandom } from './random.ts';
import { type Stack, startStack } from './stack.ts';
import { median, round } from './statistics.ts';

const connections = 32;
const eventsPerProfile = 20;
const barePort = 18_190;

export async function run({ flags, note }: BenchContext): Promise<object> {
  const profiles = Number(flags['profiles'] ?? 100_000);
  const seconds = Number(flags['seconds'] ?? 8);
  const pairs = Number(flags['pairs'] ?? 5);
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const stack = await startStack({ kafka: kafka.address, redis: redis.url, name: 'reads', port: 18_080 });
  await fill(stack, redis.url, profiles);
  const url = stack.backend.urls().serving;
  await copyAnswers(redis.url, url, profiles);
  const bare = await startBare(redis.url);
  const full: GetResult[] = [];
  const linked: GetResult[] = [];
  const bareRuns: GetResult[] = [];
  const load = (prefix: string, base: string, id: string) =>
    loadGets({ url: base, connections, seconds, paths: paths(prefix, id, profiles) });
  for (let pair = 0; pair < pairs; pair++) {
    bareRuns.push(await load('/profiles', bare.url, 'u'));
    full.push(await load('/v1/profiles', url, 'u'));
    linked.push(await load('/v1/profiles', url, 'a'));
    note(`pair ${pair + 1}: full ${full[pair]!.rps}/s  linked ${linked[pair]!.rps}/s  bare ${bareRuns[pair]!.rps}/s`);
  }
  bare.stop();
  await stack.stop();
  await redis.stop();
  await kafka.stop();
  const ratio = (runs: GetResult[]) => round(median(runs.map(({ rps }, pair) => rps / bareRuns[pair]!.rps)));
  return {
    rps: round(median(full.map(({ rps }) => rps)), 0),
    bareRps: round(median(bareRuns.map(({ rps }) => rps)), 0),
    ratio: ratio(full),
    linkedRatio: ratio(linked),
    p99Ms: median(full.map(({ p99Ms }) => p99Ms)),
    profiles,
    connections,
  };
}

/** Profiles u0…, and for each hundredth a visitor a0… that became that user. */
async function fill(stack: Stack, redisUrl: string, profiles: number): Promise<void> {
  const features = compileSpec(stack.spec);
  const store = await connectProfileStore({ redis: redisUrl });
  const shape = {
    events: profiles * eventsPerProfile,
    users: profiles,
    items: 4000,
    bytes: 0,
    seed: 1,
    startTime: Date.now() - 86_400_000,
    prefix: 'r',
  };
  const events = (function* () {
    for (const line of eventLines(shape)) {
      const event = JSON.parse(line) as SentEvent;
      yield cleanEvent(event, event.userId!);
    }
    for (let user = 0; user < profiles; user += 100) yield* link(user);
    for (let user = 0; user < profiles; user++) yield cleanEvent(seen(user), `u${user}`);
  })();
  // Nothing reads the log in this benchmark, so that no watermark is held against it.
  const watermark = { offset: 0, timestamp: 0, definition: features.hash };
  const watermarks = Array.from({ length: stack.plan.partitions }, () => watermark);
  await storeStates(features, statesOf(features, events), {
    store,
    pipeline: stack.plan.pipeline,
    watermarks,
  });
  await store.close();
}

const time = new Date(Date.now() - 90_000_000).toISOString();

/** So that no profile is missing, whatever the random events say. */
const seen = (user: number): SentEvent => ({
  id: `seen-${user}`,
  type: 'view',
  time,
  userId: `u${user}`,
  itemId: 'sku-1',
});

function* link(user: number) {
  const event: SentEvent = { id: `link-${user}`, type: 'identify', time, userId: `u${user}`, anonymousId: `a${user}` };
  yield cleanEvent(event, `a${user}`);
  yield cleanEvent(event, `u${user}`);
}

/** `u`: any profile that nobody leads to; `a`: a visitor that leads to a user. */
function paths(prefix: string, id: string, profiles: number): string[] {
  const random = seededRandom(7);
  return Array.from({ length: 5000 }, () => {
    const hundred = Math.floor(random() * (profiles / 100)) * 100;
    return `${prefix}/${id}${id === 'a' ? hundred : hundred + 1 + Math.floor(random() * 99)}`;
  });
}

/** The bare server answers with the same bytes. */
async function copyAnswers(redisUrl: string, serving: string, profiles: number): Promise<void> {
  const redis = new Redis(redisUrl);
  const wanted = new Set(paths('/v1/profiles', 'u', profiles));
  for (const path of wanted) {
    const answer = await (await fetch(`${serving}${path}`)).text();
    await redis.set(`bare:${path.slice('/v1/profiles/'.length)}`, answer);
  }
  redis.disconnect();
}

async function startBare(redisUrl: string): Promise<{ url: string; stop(): void }> {
  const script = fileURLToPath(new URL('bare/express-get.ts', import.meta.url));
  const child = spawn(process.execPath, [script, redisUrl, String(barePort)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { url: `http://127.0.0.1:${barePort}`, stop: () => child.kill('SIGKILL') };
}
