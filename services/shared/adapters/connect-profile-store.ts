/** Chooses the profile store: Redis where an address is given, else the embedded one in the data folder. */
import { join } from 'node:path';
import type { RedisConnection } from '../connections.ts';
import { LikenessError } from '../errors.ts';
import type { ProfileStore } from '../profile-store.ts';
import { connectRedisProfileStore } from './redis-profile-store.ts';

/** LMDB lies in `<dataDir>/profiles`. Rejects with `BadConfig` if neither is given, `StoreUnavailable` otherwise. */
export async function connectProfileStore(where: {
  /** As text: a URL, with everything in it that is needed. */
  readonly redis?: RedisConnection | string | undefined;
  readonly dataDir?: string | undefined;
}): Promise<ProfileStore> {
  const { redis } = where;
  if (redis !== undefined) return connectRedisProfileStore(typeof redis === 'string' ? { url: redis } : redis);
  if (where.dataDir !== undefined) {
    // Who speaks to Redis alone has no use for LMDB, which takes 10 MB.
    const { openLmdbProfileStore } = await import('./lmdb-profile-store.ts');
    return openLmdbProfileStore(join(where.dataDir, 'profiles'));
  }
  throw new LikenessError('BadConfig', 'No profile store: set LIKENESS_REDIS, or LIKENESS_DATA for the embedded one.');
}
