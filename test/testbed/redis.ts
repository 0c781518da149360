/** A real Redis on loopback, for tests and benchmarks. */
import { mkdtempSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../operator/local/free-port.ts';
import { OwnedProcess } from './owned-process.ts';

export interface RunningRedis {
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** 0 while it is down. */
  readonly pid: number;
  /** Graceful; a folder that was made for it goes. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Same address; the data that its append-only file holds. */
  restart(): Promise<void>;
  /** Cuts up to so many bytes off the end of the append-only file, as a disk does that lost its cache. Only while down. */
  truncateAppendOnlyFile(bytes: number): number;
}

export interface RedisOptions {
  readonly appendOnly?: boolean;
  readonly port?: number;
  readonly dir?: string;
  /** Further settings, as on its command line. */
  readonly args?: readonly string[];
}

export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'likeness-redis-'));
  mkdirSync(dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const redis = new OwnedProcess({
    name: 'Redis',
    command: 'redis-server',
    args: [...settings(port, dir, options.appendOnly ?? false), ...(options.args ?? [])],
    logFile: join(dir, 'redis.log'),
    isReady: () => answersPing(port),
  });
  await redis.start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return redis.pid;
    },
    kill: () => redis.kill(),
    restart: async () => {
      await redis.kill();
      await redis.start();
    },
    truncateAppendOnlyFile: (bytes) => cutTail(join(dir, 'appendonlydir'), bytes),
    stop: async () => {
      await redis.stop();
      if (!options.dir) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function settings(port: number, dir: string, appendOnly: boolean): string[] {
  const pairs: Record<string, string> = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    save: '',
    appendonly: appendOnly ? 'yes' : 'no',
    appendfsync: 'everysec',
    // One growing file, so that a cut tail is a lost tail.
    'auto-aof-rewrite-percentage': '0',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(pairs).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Loading answers PING with an error, so only PONG counts. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('data', (data) => done(data.toString().startsWith('+PONG')));
    socket.once('error', () => done(false));
    socket.setTimeout(1000, () => done(false));
  });
}

function cutTail(folder: string, bytes: number): number {
  const name = readdirSync(folder)
    .filter((file) => file.endsWith('.incr.aof'))
    .toSorted()
    .at(-1);
  if (!name) return 0;
  const path = join(folder, name);
  const { size } = statSync(path);
  truncateSync(path, Math.max(0, size - bytes));
  return Math.min(size, bytes);
}
