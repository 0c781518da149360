/** A proxy in front of a server on loopback that can lose an answer: the connection ends instead. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';

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
