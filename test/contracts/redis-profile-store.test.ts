/** The Redis profile store keeps the contract on a real server that dies, loses its tail and loses answers. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectRedisProfileStore } from '../../services/shared/adapters/redis-profile-store.ts';
import { mark } from './profile-store-chain.ts';
import { profileStoreServerContract } from './profile-store-server.ts';
import { profileStoreContract } from './profile-store.ts';
import { startRedis, type RunningRedis } from '../testbed/redis.ts';
import { proxyTo } from './answer-proxy.ts';

async function start() {
  const server = await startRedis({ appendOnly: true });
  const proxy = await proxyTo(server.url);
  return {
    open: () => connectRedisProfileStore({ url: server.url }),
    async openLossy() {
      const store = await connectRedisProfileStore({ url: proxy.url });
      return { store, loseNextAnswer: () => proxy.loseNextAnswer() };
    },
    async crash(truncate: number) {
      await server.kill();
      server.truncateAppendOnlyFile(truncate);
      await server.restart();
    },
    async stop() {
      proxy.stop();
      await server.stop();
    },
  };
}

profileStoreContract('Redis', start);
profileStoreServerContract('Redis', start);

let server: RunningRedis;
let admin: Redis;
beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

test('a store that may evict is refused, with the command that mends it', async () => {
  const store = await connectRedisProfileStore({ url: server.url });
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await expect(store.check()).rejects.toMatchObject({
    code: 'StoreEvicts',
    message: expect.stringContaining('maxmemory-policy noeviction'),
  });
  await admin.config('SET', 'maxmemory-policy', 'noeviction');
  await store.check();
  await store.close();
});

test('scripts that Redis forgot are loaded again', async () => {
  const store = await connectRedisProfileStore({ url: server.url });
  expect(await store.commit('flushed', undefined, mark(1), [])).toBe('committed');
  await admin.script('FLUSH');
  expect(await store.commit('flushed', mark(1), mark(2), [])).toBe('committed');
  await store.close();
});

test('a key of another type in the way writes nothing at all', async () => {
  const store = await connectRedisProfileStore({ url: server.url });
  await admin.rpush('{typed}:d:b', 'a list');
  const writes = ['a', 'b'].map((profileId) => ({
    profileId,
    state: Buffer.from('1'),
    ids: { append: Buffer.from('1') },
  }));
  await expect(store.commit('typed', undefined, mark(1), writes)).rejects.toMatchObject({ code: 'StoreUnavailable' });
  expect((await store.read('typed', [])).watermark).toBeUndefined();
  expect(await admin.exists('{typed}:s:a', '{typed}:d:a')).toBe(0);
  await store.close();
});

test('a full Redis writes nothing at all', async () => {
  const store = await connectRedisProfileStore({ url: server.url });
  await store.commit('full', undefined, mark(1), []);
  await admin.config('SET', 'maxmemory', '1');
  const writes = [{ profileId: 'a', state: Buffer.alloc(1000), ids: { append: Buffer.from('1') } }];
  await expect(store.commit('full', mark(1), mark(2), writes)).rejects.toMatchObject({ code: 'StoreUnavailable' });
  await admin.config('SET', 'maxmemory', '0');
  expect(await store.read('full', ['a'])).toEqual({ watermark: mark(1), profiles: [undefined] });
  await store.close();
});

test('nobody there, and an address that is none, are told apart', async () => {
  const nobody = connectRedisProfileStore({ url: 'redis://user:secret@127.0.0.1:1', connectTimeoutMs: 200 });
  const error: unknown = await nobody.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'StoreUnavailable', retryable: true });
  expect((error as Error).message).not.toContain('secret');
  await expect(connectRedisProfileStore({ url: 'http://x' })).rejects.toMatchObject({ code: 'BadConfig' });
});

test('one profile is one read: short keys, nothing more', async () => {
  const store = await connectRedisProfileStore({ url: server.url });
  const tag = 'default/shop/e1/p3';
  await store.commit(tag, undefined, mark(1), [
    { profileId: 'u', state: Buffer.alloc(100), ids: { append: Buffer.alloc(8) } },
  ]);
  expect((await admin.keys('{default*')).toSorted()).toEqual([`{${tag}}:d:u`, `{${tag}}:s:u`, `{${tag}}:w`]);
  const commands = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await admin.info('stats'))![1]);
  const before = await commands();
  await store.get([{ tag, profileId: 'u' }]);
  expect((await commands()) - before).toBe(2); // The read and the count itself.
  await store.close();
});

test('a clearing that goes on while somebody has begun anew takes nothing of it', async () => {
  const [store, other] = await Promise.all([1, 2].map(() => connectRedisProfileStore({ url: server.url })));
  for (let page = 1; page <= 20; page++) {
    const states = Array.from({ length: 500 }, (_, at) => ({ profileId: `${page}-${at}`, state: Buffer.from('old') }));
    const before = page === 1 ? undefined : mark(page - 1);
    expect(await store!.commit('moved', before, mark(page), states)).toBe('committed');
  }
  const clearing = store!.clear('moved');
  const begin = () => other!.commit('moved', undefined, mark(1), [{ profileId: 'new', state: Buffer.from('new') }]);
  while ((await begin()) !== 'committed');
  await clearing;
  const { watermark, profiles } = await other!.read('moved', ['new']);
  expect([watermark, profiles[0]?.state.toString()]).toEqual([mark(1), 'new']);
  await Promise.all([store!.close(), other!.close()]);
});
