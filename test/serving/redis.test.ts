/** Serving on a real Redis: one read a request, and an outage that ends. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectRedisProfileStore } from '../../services/shared/adapters/redis-profile-store.ts';
import { type RunningRedis, startRedis } from '../testbed/redis.ts';
import { startWorld, type World } from './world.ts';

let redis: RunningRedis;
let admin: Redis;
let world: World;

beforeAll(async () => {
  redis = await startRedis({ appendOnly: true, args: ['--appendfsync', 'always'] });
  admin = new Redis(redis.url, { lazyConnect: true });
  admin.on('error', () => undefined);
  world = await startWorld({ profiles: await connectRedisProfileStore({ url: redis.url }) });
  await world.putProfile('u-1', [{ itemId: 'mug' }]);
});
afterAll(async () => {
  admin.disconnect();
  await world.stop();
  await redis.stop();
});

/**
 * How often each command was called since the last reset; CONFIG and INFO are this test's and the readiness check's, and
 * by MGET serving looks once a second at which features the profiles are of.
 */
async function commands(): Promise<string[]> {
  const lines = (await admin.info('commandstats')).split('\r\n').filter((line) => line.startsWith('cmdstat_'));
  const counts = lines.map((line) => line.replace(/^cmdstat_([^:]+):calls=(\d+),.*$/, '$1 $2'));
  return counts.filter((count) => !/^(config|info|ping|client|hello|select|mget)/.test(count));
}

test('an unlinked profile costs one read of one key, a linked one one a key', async () => {
  const link = {
    type: 'identify',
    id: 'link',
    anonymousId: 'anon',
    userId: 'person',
    time: '2026-01-10T11:40:00.000Z',
  };
  await world.putProfile('anon', [{ itemId: 'mug', userId: null, anonymousId: 'anon' }, link]);
  await world.putProfile('person', [{ itemId: 'lamp' }, link]);
  await admin.call('CONFIG', 'RESETSTAT');
  for (let k = 0; k < 20; k++) expect((await world.get('/v1/profiles/u-1')).status).toBe(200);
  expect(await commands()).toEqual(['get 20']);
  await admin.call('CONFIG', 'RESETSTAT');
  expect(await (await world.get('/v1/profiles/anon')).json()).toMatchObject({ profileIds: ['anon', 'person'] });
  expect(await commands()).toEqual(['get 2']);
});

test('while Redis is away requests are 503 and readiness says why; then it goes on by itself', async () => {
  await redis.kill();
  const away = await world.get('/v1/profiles/u-1');
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await away.json()).toMatchObject({ error: { code: 'StoreUnavailable' } });
  await vi.waitFor(async () => expect((await world.get('/readyz')).status).toBe(503), { timeout: 20_000 });
  await redis.restart();
  await vi.waitFor(async () => expect((await world.get('/readyz')).status).toBe(200), { timeout: 20_000 });
  expect((await world.get('/v1/profiles/u-1')).status).toBe(200);
});
