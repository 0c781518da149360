/** 10 recommendations for random users of the shop, at 8 connections, from the model that the trainer made. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readImportKey } from '../operator/local/keys.ts';
import { partitionTag } from '../services/shared/profile-store.ts';
import { connectProfileStore } from '../services/shared/adapters/connect-profile-store.ts';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { untilApplied } from './applied.ts';
import { bodies } from './load/events.ts';
import { loadGets, type GetResult } from './load/get.ts';
import { postAll } from './load/post.ts';
import type { BenchContext } from './main.ts';
import { seededRandom } from './random.ts';
import { shopEvents } from './shop.ts';
import { type Stack, startStack } from './stack.ts';
import { median, round } from './statistics.ts';

const connections = 8;

export async function run({ flags, note }: BenchContext): Promise<object> {
  const seconds = Number(flags['seconds'] ?? 8);
  const runs = Number(flags['runs'] ?? 5);
  const { source, events } = shopEvents(note);
  const lines: string[] = [];
  for await (const event of events) lines.push(JSON.stringify(event));
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const stack = await startStack({
    kafka: kafka.address,
    redis: redis.url,
    name: 'recommend',
    port: 18_080,
    models: true,
  });
  const key = readImportKey(stack.dataDir);
  await postAll({ url: stack.backend.urls().ingest, bodies: bodies(lines, 100), connections: 8, key });
  await untilApplied(stack, lines.length);
  await untilTrained(stack, note);
  const paths = await randomUsers(stack, redis.url);
  const url = stack.backend.urls().serving;
  const { model, items } = await catalogue(url);
  const results: GetResult[] = [];
  for (let run = 0; run < runs; run++) {
    results.push(await loadGets({ url, connections, seconds, paths }));
    note(`run ${run + 1}: ${results[run]!.rps}/s  p99 ${results[run]!.p99Ms} ms`);
  }
  await stack.stop();
  await redis.stop();
  await kafka.stop();
  return {
    rps: round(median(results.map(({ rps }) => rps)), 0),
    p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(results.map(({ p99Ms }) => p99Ms)),
    items,
    model,
    connections,
    source,
  };
}

/** Until the model has learned from all that was sent: no run under way, none wanted. */
async function untilTrained(stack: Stack, note: (line: string) => void): Promise<void> {
  for (let quiet = 0; quiet < 20;) {
    const { training, model } = await stack.backend.observe();
    quiet = training.phase === 'Succeeded' && model ? quiet + 1 : 0;
    await sleep(500);
  }
  note(`model ${(await stack.backend.observe()).model?.version}`);
}

async function randomUsers(stack: Stack, redisUrl: string): Promise<string[]> {
  const store = await connectProfileStore({ redis: redisUrl });
  const ids: string[] = [];
  for (let partition = 0; partition < stack.plan.partitions; partition++)
    for await (const id of store.list(partitionTag(stack.plan.pipeline, partition))) ids.push(id);
  await store.close();
  const random = seededRandom(3);
  return Array.from({ length: 5000 }, () => `/v1/recommendations/${ids[Math.floor(random() * ids.length)]!}?n=10`);
}

/** How many items the model can offer: those of the most popular item's list, asked for in full. */
async function catalogue(url: string): Promise<{ model: string; items: number }> {
  const response = await fetch(`${url}/v1/recommendations/nobody`);
  const body = (await response.json()) as { model: { version: string; items?: number } };
  return { model: body.model.version, items: body.model.items ?? 0 };
}
