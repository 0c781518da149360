/** A connection to Redis that never repeats a command by itself: a lost answer must reach the caller as unknown. */
import { Redis } from 'ioredis';
import { LikenessError } from '../../errors.ts';

export interface RedisConnection {
  readonly redis: Redis;
  onReconnect(callback: () => void): () => void;
  close(): Promise<void>;
}

export interface RedisSettings {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  /** How long to wait for the first connection; default 15 s. */
  readonly connectTimeoutMs?: number;
  /** After so long without an answer a command rejects, its outcome unknown; default 10 s. */
  readonly commandTimeoutMs?: number;
}

/** Rejects with `BadConfig` for a URL that is none, `StoreUnavailable` (retryable) when nobody answers in time. */
export async function connectRedis(settings: RedisSettings): Promise<RedisConnection> {
  const where = describe(settings.url);
  const redis = new Redis(settings.url, {
    lazyConnect: true,
    protocol: 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    commandTimeout: settings.commandTimeoutMs ?? 10_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times - 1, 6), 2000),
    // A replica that was the primary until now: connect again, perhaps to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  const callbacks = new Set<() => void>();
  await firstConnection(redis, where, settings.connectTimeoutMs ?? 15_000);
  redis.on('ready', () => callbacks.forEach((callback) => callback()));
  return {
    redis,
    onReconnect(callback) {
      callbacks.add(callback);
      return () => void callbacks.delete(callback);
    },
    async close() {
      callbacks.clear();
      if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
      else redis.disconnect();
    },
  };
}

/** Host and port alone: a URL may hold a password, which belongs in no log. */
function describe(url: string): string {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw new LikenessError('BadConfig', 'The Redis URL is none. Give one such as redis://127.0.0.1:6379.');
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '6379'}`;
}

function firstConnection(redis: Redis, where: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    // Kept for good: an error event that nobody hears would end the process; commands reject for themselves.
    redis.on('error', (error: unknown) => (last = error));
    const timer = setTimeout(() => {
      redis.disconnect();
      const message = `No Redis answers at ${where}. Is it running, and is the address right?`;
      reject(new LikenessError('StoreUnavailable', message, { retryable: true, cause: last }));
    }, timeoutMs);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
    // The outcome of the first attempt does not matter: either `ready` comes in time or the timer says why not.
    redis.connect().catch((error: unknown) => (last = error));
  });
}
