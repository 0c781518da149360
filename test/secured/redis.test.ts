/** A Redis with TLS and a user for each service: the store works by the documented rules, and refusals say what to do. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../operator/local/free-port.ts';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import type { RedisConnection } from '../../services/shared/connections.ts';
import { partitionTag, type ProfileStore } from '../../services/shared/profile-store.ts';
import { connectRedisProfileStore } from '../../services/shared/adapters/redis-profile-store.ts';
import { mark } from '../contracts/profile-store-chain.ts';
import { createAuthority, type Authority } from '../testbed/authority.ts';
import { startRedis, type RunningRedis } from '../testbed/redis.ts';
import { redisRules } from './rights.ts';
import { writeSecret } from './world.ts';

const pipeline = { namespace: 'shop', name: 'web', epoch: 1 };
const tag = partitionTag(pipeline, 0);

let folder: string;
let authority: Authority;
let redis: RunningRedis;
/** By the listener without TLS, which only the test knows. */
let admin: Redis;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-secured-redis-'));
  authority = await createAuthority(join(folder, 'authority'));
  const tlsPort = await freePort();
  const files = [
    '--tls-cert-file',
    authority.cert,
    '--tls-key-file',
    authority.key,
    '--tls-ca-cert-file',
    authority.ca,
  ];
  redis = await startRedis({ args: ['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files] });
  url = `rediss://127.0.0.1:${tlsPort}`;
  admin = new Redis(redis.url);
  for (const user of ['feature', 'serving'] as const) {
    await admin.call('ACL', 'SETUSER', user, 'reset', 'on', `>${user}-secret`, ...redisRules(user, pipeline));
    writeSecret(join(folder, user), { username: user, password: `${user}-secret\n` });
  }
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
  rmSync(folder, { recursive: true });
});

const connectionOf = (user: string): RedisConnection => ({
  url,
  tls: { ca: { file: authority.ca } },
  credentials: { folder: join(folder, user) },
});

async function storeOf<T>(user: string, work: (store: ProfileStore) => Promise<T>): Promise<T> {
  const store = await connectProfileStore({ redis: connectionOf(user) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const write = (profileId: string) => [{ profileId, state: Buffer.from('s'), ids: { append: Buffer.from('i') } }];

describe('what each service does', () => {
  it('feature reads, commits, lists and clears', async () => {
    await storeOf('feature', async (store) => {
      await store.check();
      await store.clear(tag);
      expect(await store.commit(tag, undefined, mark(1), write('a'))).toBe('committed');
      expect(
        await store.commit(tag, mark(1), mark(2), [
          { profileId: 'b', state: Buffer.from('s'), ids: { replace: Buffer.from('i') } },
        ]),
      ).toBe('committed');
      expect(await store.commit(tag, mark(1), mark(3), write('a'))).toBe('conflict');
      expect((await store.read(tag, ['a', 'b'])).profiles.every((profile) => profile !== undefined)).toBe(true);
      expect(
        await store.get([
          { tag, profileId: 'a' },
          { tag, profileId: 'b' },
        ]),
      ).toHaveLength(2);
      expect(await store.hasProfiles(tag)).toBe(true);
      const listed: string[] = [];
      for await (const profileId of store.list(tag)) listed.push(profileId);
      expect(listed.toSorted()).toEqual(['a', 'b']);
    });
  });

  it('serving reads', async () => {
    await storeOf('serving', async (store) => {
      await store.check();
      expect(await store.get([{ tag, profileId: 'a' }])).toEqual([Buffer.from('s')]);
      expect(
        await store.get([
          { tag, profileId: 'a' },
          { tag, profileId: 'ghost' },
        ]),
      ).toEqual([Buffer.from('s'), undefined]);
    });
  });
});

describe('what nobody else may', () => {
  it('serving writes nothing', () =>
    storeOf('serving', (store) =>
      expect(store.commit(tag, mark(2), mark(3), write('a'))).rejects.toMatchObject({
        code: 'StoreUnavailable',
        message: expect.stringMatching(/NOPERM.+evalsha.+docs\/operations\.md/),
      }),
    ));

  it('feature reaches no other pipeline', () =>
    storeOf('feature', async (store) => {
      const other = partitionTag({ ...pipeline, name: 'other' }, 0);
      await expect(store.read(other, ['a'])).rejects.toThrow(/NOPERM.+docs\/operations\.md/);
      await expect(store.commit(other, undefined, mark(1), write('a'))).rejects.toThrow(/NOPERM/);
    }));
});

describe('whom it lets in', () => {
  const open = (connection: RedisConnection) => connectRedisProfileStore({ ...connection, connectTimeoutMs: 5000 });
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'BadConfig', message: expect.stringMatching(message) });

  it('not with a wrong password, which it does not tell', async () => {
    writeSecret(join(folder, 'wrong'), { username: 'feature', password: 'guessed' });
    const attempt = open(connectionOf('wrong'));
    await expect(attempt).rejects.toThrow(refused(/WRONGPASS.+LIKENESS_REDIS_CREDENTIALS/));
    await expect(attempt).rejects.not.toThrow(/guessed/);
  });

  it('trusts no certificate of another authority', async () => {
    const other = await createAuthority(join(folder, 'other-authority'));
    for (const tls of [{ ca: { file: other.ca } }, {}])
      await expect(open({ ...connectionOf('feature'), tls })).rejects.toThrow(refused(/LIKENESS_REDIS_CA/));
  });

  it('says which file is not there', async () => {
    await expect(open(connectionOf('none'))).rejects.toThrow(refused(/LIKENESS_REDIS_CREDENTIALS: .+none\/password/));
  });

  it('asks who comes without credentials once it has a password', async () => {
    await admin.call('CONFIG', 'SET', 'requirepass', 'secret');
    const { url: address, tls } = connectionOf('feature');
    await expect(open({ url: address, tls: tls! })).rejects.toThrow(refused(/NOAUTH.+LIKENESS_REDIS_CREDENTIALS/));
    writeSecret(join(folder, 'default'), { password: 'secret' });
    await storeOf('default', (store) => store.check());
    await admin.call('CONFIG', 'SET', 'requirepass', '');
  });
});

it('a password that changes is taken up at the next connection', async () => {
  await storeOf('feature', async (store) => {
    let back = 0;
    store.onReconnect(() => back++);
    await admin.call('ACL', 'SETUSER', 'feature', 'resetpass', '>new-secret');
    await admin.call('CLIENT', 'KILL', 'USER', 'feature');
    await expect
      .poll(
        () =>
          store.check().then(
            () => 'open',
            () => 'shut',
          ),
        { timeout: 10_000 },
      )
      .toBe('shut');
    writeSecret(join(folder, 'feature'), { password: 'new-secret' });
    await expect.poll(() => back, { timeout: 20_000 }).toBeGreaterThan(0);
    await store.check();
  });
});
