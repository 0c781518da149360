/** Sends prepared bodies over a fixed number of keep-alive connections, each body until it is accepted. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PostOptions {
  readonly url: string;
  readonly bodies: readonly Buffer[];
  readonly connections: number;
  readonly key?: string;
}

export async function postAll({ url, bodies, connections, key }: PostOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  const worker = async () => {
    while (next < bodies.length) await postUntilAccepted({ url, agent, key }, bodies[next++]!);
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
}

export interface Target {
  readonly url: string;
  readonly agent: Agent;
  /** Write key; undefined: none is needed on loopback. */
  readonly key?: string | undefined;
}

async function postUntilAccepted(target: Target, body: Buffer): Promise<void> {
  for (;;) {
    const status = await post(target, body);
    if (status === 202) return;
    if (status !== 429 && status !== 503) throw new Error(`${target.url} answered ${status}`);
    await sleep(50);
  }
}

export function post({ url, agent, key }: Target, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const authorization = key && { authorization: `Bearer ${key}` };
    const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length, ...authorization };
    const outgoing = request(`${url}/v1/events`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
