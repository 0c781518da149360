/** Chooses the profile store: Redis where an address is given, else the embedded one in the data folder. */
import { join } from 'node:path';
import { LikenessError } from '../errors.ts';
import type { ProfileStore } from '../profile-store.ts';
import { openLmdbProfileStore } from './lmdb-profile-store.ts';
import { connectRedisProfileStore } from './redis-profile-store.ts';

/** LMDB lies in `<dataDir>/profiles`. Rejects with `BadConfig` if neither is given, `StoreUnavailable` otherwise. */
export async function connectProfileStore(where: {
  redis?: string | undefined;
  dataDir?: string | undefined;
}): Promise<ProfileStore> {
  if (where.redis !== undefined) return connectRedisProfileStore({ url: where.redis });
  if (where.dataDir !== undefined) return openLmdbProfileStore(join(where.dataDir, 'profiles'));
  throw new LikenessError('BadConfig', 'No profile store: set LIKENESS_REDIS, or LIKENESS_DATA for the embedded one.');
}
