/** Redis bytes a profile for the whole shop with the preset's features, without and with the recent event ids. */
import { Redis } from 'ioredis';
import { readImportKey } from '../operator/local/keys.ts';
import { startKafka } from '../test/testbed/kafka.ts';
import { startRedis } from '../test/testbed/redis.ts';
import { untilApplied } from './applied.ts';
import { bodies } from './load/events.ts';
import { postAll } from './load/post.ts';
import type { BenchContext } from './main.ts';
import { shopEvents } from './shop.ts';
import { startStack } from './stack.ts';
import { round } from './statistics.ts';

export async function run({ note }: BenchContext): Promise<object> {
  const { source, events } = shopEvents(note);
  const lines: string[] = [];
  for await (const event of events) lines.push(JSON.stringify(event));
  const [kafka, redis] = [await startKafka(), await startRedis()];
  const stack = await startStack({ kafka: kafka.address, redis: redis.url, name: 'footprint', port: 18_080 });
  const client = new Redis(redis.url);
  const empty = await usedMemory(client);
  const key = readImportKey(stack.dataDir);
  await postAll({ url: stack.backend.urls().ingest, bodies: bodies(lines, 100), connections: 8, key });
  await untilApplied(stack, lines.length);
  const profiles = await stack.backend.countProfiles();
  await stack.stop();
  const withIds = await usedMemory(client);
  const idKeys = await removeIds(client);
  const without = await usedMemory(client);
  client.disconnect();
  await redis.stop();
  await kafka.stop();
  return {
    bytesPerProfile: round((without - empty) / profiles, 0),
    dedupeBytesPerProfile: round((withIds - without) / profiles, 0),
    profiles,
    profilesWithIds: idKeys,
    events: lines.length,
    source,
  };
}

/** After the allocator has given back what it can: the difference is then the keys'. */
async function usedMemory(client: Redis): Promise<number> {
  await client.call('MEMORY', 'PURGE');
  const match = /used_memory:(\d+)/.exec(await client.info('memory'));
  return Number(match?.[1]);
}

/** Deletes the keys `…:d:…`, which hold the ids. */
async function removeIds(client: Redis): Promise<number> {
  let [cursor, removed] = ['0', 0];
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', '*:d:*', 'COUNT', 1000);
    if (keys.length > 0) removed += await client.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
  return removed;
}
