/** Profile store on Redis 7 or Valkey: one MGET to read a partition at one moment, one Lua script to commit. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LikenessError } from '../errors.ts';
import { checkWrites } from '../profile-writes.ts';
import type { PartitionNote, PartitionRead, PartitionTag, ProfileStore, ProfileWrite } from '../profile-store.ts';
import { decodeWatermark, encodeWatermark } from '../watermark.ts';
import { commitBytes, commitScript, type CommitStep } from './redis/commit-script.ts';
import { connectRedis, type RedisSettings } from './redis/connection.ts';
import { RawCommand } from './redis/raw-command.ts';
import {
  idsKey,
  idsKeyPattern,
  noteKey,
  profileIdOfStateKey,
  stateKey,
  stateKeyPattern,
  watermarkKey,
} from './redis/keys.ts';

const commitSha = createHash('sha1').update(commitScript).digest('hex');
const noBytes = Buffer.alloc(0);

/** Rejects with `BadConfig` or `StoreUnavailable`; see connection.ts. */
export async function connectRedisProfileStore(settings: RedisSettings): Promise<ProfileStore> {
  const connection = await connectRedis(settings);
  const { redis } = connection;
  return {
    read: (tag, profileIds) => attempt(() => readPartition(redis, tag, profileIds)),
    commit: (tag, expected, next, writes) =>
      attempt(() => {
        checkWrites(writes);
        const { note } = next;
        const step = { tag, expected: expected && encodeWatermark(expected), next: encodeWatermark(next), note };
        return commit(redis, step, writes);
      }),
    readNote: (tag) => attempt(() => readNote(redis, tag)),
    get: (keys) => attempt(() => getStates(redis, keys)),
    hasProfiles: (tag) => attempt(() => hasProfiles(redis, tag)),
    list: (tag) => list(redis, tag),
    clear: (tag) => attempt(() => clear(redis, tag)),
    onReconnect: (callback) => connection.onReconnect(callback),
    check: () => attempt(() => checkPolicy(redis)),
    close: () => connection.close(),
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    // Redis names the user, and the command or the key.
    const advice = reason.startsWith('NOPERM') ? '. Grant it: docs/operations.md has the rules of each service' : '';
    const message = `Redis failed: ${reason}${advice}`;
    throw new LikenessError('StoreUnavailable', message, { retryable: true, cause });
  }
}

async function readPartition(redis: Redis, tag: PartitionTag, profileIds: readonly string[]): Promise<PartitionRead> {
  const count = profileIds.length;
  const keys = [watermarkKey(tag)];
  for (const profileId of profileIds) keys.push(stateKey(tag, profileId));
  for (const profileId of profileIds) keys.push(idsKey(tag, profileId));
  const values = await redis.mgetBuffer(keys);
  const watermark = values[0] && decodeWatermark(values[0].toString());
  const profiles = profileIds.map((_, index) => {
    const state = values[1 + index];
    return state ? { state, ids: values[1 + count + index] ?? noBytes } : undefined;
  });
  return { watermark: watermark ?? undefined, profiles };
}

async function readNote(redis: Redis, tag: PartitionTag): Promise<PartitionNote> {
  const [watermark, note] = await redis.mgetBuffer(watermarkKey(tag), noteKey(tag));
  return { watermark: watermark ? decodeWatermark(watermark.toString()) : undefined, note: note ?? undefined };
}

async function commit(
  redis: Redis,
  step: CommitStep,
  writes: readonly ProfileWrite[],
): Promise<'committed' | 'conflict'> {
  const send = (name: 'EVAL' | 'EVALSHA', script: string): Promise<unknown> =>
    redis.sendCommand(new RawCommand(name, commitBytes(name, script, step, writes))) as Promise<unknown>;
  const answer = await send('EVALSHA', commitSha).catch((error: unknown) => {
    // Redis does not know the script (restarted, or its scripts were flushed), so nothing was run: not a repetition.
    if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return send('EVAL', commitScript);
    throw error;
  });
  return answer === 1 ? 'committed' : 'conflict';
}

type StateKeys = readonly { readonly tag: PartitionTag; readonly profileId: string }[];

/** One command a tag, all of them in one write to the socket, so that a cluster's slots would be respected. */
async function getStates(redis: Redis, keys: StateKeys): Promise<(Uint8Array | undefined)[]> {
  if (keys.length === 1) return [(await redis.getBuffer(stateKey(keys[0]!.tag, keys[0]!.profileId))) ?? undefined];
  const indexesByTag = Map.groupBy(keys.keys(), (index) => keys[index]!.tag);
  const pipeline = redis.pipeline();
  for (const [tag, indexes] of indexesByTag)
    pipeline.mgetBuffer(indexes.map((index) => stateKey(tag, keys[index]!.profileId)));
  const replies = (await pipeline.exec()) ?? [];
  const states: (Uint8Array | undefined)[] = Array.from({ length: keys.length });
  for (const [reply, indexes] of [...indexesByTag.values()].map((found, at) => [replies[at]!, found] as const)) {
    const [error, values] = reply;
    if (error) throw error;
    indexes.forEach((index, at) => (states[index] = (values as (Buffer | null)[])[at] ?? undefined));
  }
  return states;
}

/** May name a key more than once, and gives pages without any. */
async function* scan(redis: Redis, pattern: string): AsyncIterable<string[]> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
    yield keys;
    cursor = next;
  } while (cursor !== '0');
}

/** Of a page of a clearing: nothing, once somebody has begun anew. Its keys share a slot. */
const unlinkUnlessBegun = `
if redis.call('GET', KEYS[1]) then return 0 end
for at = 2, #KEYS do redis.call('UNLINK', KEYS[at]) end
return 1`;

/**
 * The watermark is gone before the first profile is: commits that expect it fail from then on. Who commits without one
 * has cleared before, and what is found from then on is its own.
 */
async function clear(redis: Redis, tag: PartitionTag): Promise<void> {
  await redis.del(watermarkKey(tag));
  await redis.del(noteKey(tag));
  // Profiles tell that a clearing was broken off, so that they go last: ids without one would make repeats of its events.
  for (const pattern of [idsKeyPattern(tag), stateKeyPattern(tag)])
    for await (const keys of scan(redis, pattern)) {
      if (keys.length === 0) continue;
      const isGone = await redis.eval(unlinkUnlessBegun, keys.length + 1, watermarkKey(tag), ...keys);
      if (isGone === 0) return;
    }
}

async function hasProfiles(redis: Redis, tag: PartitionTag): Promise<boolean> {
  for await (const keys of scan(redis, stateKeyPattern(tag))) if (keys.length > 0) return true;
  return false;
}

async function* list(redis: Redis, tag: PartitionTag): AsyncIterable<string> {
  const seen = new Set<string>();
  for await (const keys of scan(redis, stateKeyPattern(tag)))
    for (const key of keys) {
      if (seen.has(key)) continue;
      seen.add(key);
      yield profileIdOfStateKey(tag, key);
    }
}

/** INFO rather than CONFIG GET, which managed services forbid. */
async function checkPolicy(redis: Redis): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy === 'noeviction') return;
  throw new LikenessError(
    'StoreEvicts',
    `Redis may evict profiles: maxmemory-policy is ${policy ?? 'unknown'}. Set it to noeviction ` +
      '(redis-cli config set maxmemory-policy noeviction, and the same in redis.conf).',
  );
}
