/** A redis-server of the test's own on a free loopback port, append-only, with a proxy in front that can lose answers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate as truncateFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisProcess {
  readonly url: string;
  crash(truncate: number): Promise<void>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function launch(port: number, folder: string): Promise<ChildProcess> {
  const args = ['--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    server.stdout!.on('data', (data: Buffer) => data.includes('Ready to accept connections') && resolve());
  });
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

export async function startRedisProcess(): Promise<RedisProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-redis-'));
  const port = await freePort();
  let server = await launch(port, folder);
  return {
    url: `redis://127.0.0.1:${port}`,
    async crash(truncate) {
      await kill(server);
      const log = join(folder, 'appendonlydir');
      const file = join(
        log,
        (await readdir(log)).find((name) => name.endsWith('.incr.aof'))!,
      );
      if (truncate > 0) await truncateFile(file, Math.max(0, (await stat(file)).size - truncate));
      server = await launch(port, folder);
    },
    async stop() {
      await kill(server);
      await rm(folder, { recursive: true });
    },
  };
}

export interface Proxy {
  readonly url: string;
  /** The next answer does not come through: the connection ends instead. */
  loseNextAnswer(): void;
  stop(): void;
}

export async function proxyTo(url: string): Promise<Proxy> {
  const target = Number(new URL(url).port);
  let losing = false;
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (!losing) return void client.write(data);
      losing = false;
      end();
    });
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextAnswer: () => (losing = true),
    stop: () => void server.close(),
  };
}
