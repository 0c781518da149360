/** A connection to Redis that never repeats a command by itself: a lost answer must reach the caller as unknown. */
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisConnection as RedisAddress } from '../../connections.ts';
import { LikenessError } from '../../errors.ts';
import { type Credentials, readCa, readCredentials } from '../secret-files.ts';

export interface RedisConnection {
  readonly redis: Redis;
  onReconnect(callback: () => void): () => void;
  close(): Promise<void>;
}

export interface RedisSettings extends RedisAddress {
  /** How long to wait for the first connection; default 15 s. */
  readonly connectTimeoutMs?: number;
  /** After so long without an answer a command rejects, its outcome unknown; default 10 s. */
  readonly commandTimeoutMs?: number;
}

/**
 * Rejects with `BadConfig` for a URL that is none, files that cannot be read and a Redis that refuses this client;
 * with `StoreUnavailable` (retryable) when nobody answers in time. Credentials and authorities are read anew at each
 * connection.
 */
export async function connectRedis(settings: RedisSettings): Promise<RedisConnection> {
  const where = describe(settings.url);
  const redis: Redis = new Redis(settings.url, {
    ...accessOptions(settings),
    lazyConnect: true,
    protocol: 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    commandTimeout: settings.commandTimeoutMs ?? 10_000,
    retryStrategy: (times) => {
      renewCredentials(redis, settings);
      return Math.min(50 * 2 ** Math.min(times - 1, 6), 2000);
    },
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

const credentialsSetting = 'LIKENESS_REDIS_CREDENTIALS';
const caSetting = 'LIKENESS_REDIS_CA';

/** What the settings say beside the URL. Throws `BadConfig` if a file cannot be read now. */
function accessOptions({ tls, credentials }: RedisSettings): RedisOptions {
  if (tls?.ca) readCa(tls.ca, caSetting);
  const trust = tls?.ca && {
    // ioredis copies this object for each connection, and so asks anew.
    get ca() {
      return readCa(tls.ca!, caSetting);
    },
  };
  return {
    ...(credentials && userAndPassword(readCredentials(credentials, credentialsSetting))),
    ...(tls && { tls: trust ?? {} }),
  };
}

const userAndPassword = ({ username, password }: Credentials) => ({ username: username ?? 'default', password });

/** For the next connection: a rotated Secret has others by now. One that cannot be read leaves the last ones. */
function renewCredentials(redis: Redis, { credentials }: RedisSettings): void {
  if (credentials === undefined) return;
  try {
    Object.assign(redis.options, userAndPassword(readCredentials(credentials, credentialsSetting)));
  } catch (error) {
    redis.emit('error', error);
  }
}

function firstConnection(redis: Redis, where: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    let settled = false;
    const giveUp = (error: LikenessError): void => {
      settled = true;
      clearTimeout(timer);
      redis.disconnect();
      reject(error);
    };
    // Kept for good: an error event that nobody hears would end the process; commands reject for themselves.
    const note = (error: unknown): void => {
      last = error;
      const refusal = settled ? undefined : refusalOf(error, where);
      if (refusal) giveUp(refusal);
    };
    redis.on('error', note);
    const timer = setTimeout(() => {
      const message = `No Redis answers at ${where}. Is it running, and is the address right?`;
      giveUp(new LikenessError('StoreUnavailable', message, { retryable: true, cause: last }));
    }, timeoutMs);
    redis.once('ready', () => {
      settled = true;
      clearTimeout(timer);
      resolve();
    });
    // The outcome of the first attempt does not matter: either `ready` comes in time or the timer says why not.
    redis.connect().catch(note);
  });
}

const untrusted = /^(CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_\w+)$/;

/** Why trying again does not help; undefined if it may. */
function refusalOf(cause: unknown, where: string): LikenessError | undefined {
  if (!(cause instanceof Error)) return undefined;
  const bad = (advice: string) =>
    new LikenessError('BadConfig', `Redis at ${where}: ${cause.message}. ${advice}`, { cause });
  if (/^(WRONGPASS|NOAUTH)\b/.test(cause.message))
    return bad(`Give the user and the password that it has in ${credentialsSetting} (files username and password).`);
  if ('code' in cause && untrusted.test(String(cause.code)))
    return bad(`Name the certificate of the authority that signed its own in ${caSetting}, and a host that it is for.`);
  return undefined;
}
