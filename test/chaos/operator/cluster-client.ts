/** Plain JSON requests to the API server as its administrator, for what the chaos itself does and looks at. */
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningKubernetes } from '../../testbed/kubernetes/types.ts';

interface Reply {
  readonly status: number;
  readonly body: string;
}

type Ask = (method: string, path: string, body?: object) => Promise<Reply>;

export interface ClusterClient {
  /** 404 is undefined; what else is no success is thrown. */
  get<T>(path: string): Promise<T | undefined>;
  create(path: string, object: object): Promise<void>;
  /** JSON merge patch; nothing happens where there is no such object. */
  patch(path: string, change: object): Promise<void>;
  /** In the background; nothing happens where there is no such object. */
  remove(path: string): Promise<void>;
  close(): void;
}

export function clusterClient({ url, ca, admin }: RunningKubernetes): ClusterClient {
  const agent = new Agent({ keepAlive: true, ca, cert: admin.cert, key: admin.key });
  const ask: Ask = (method, path, body) => {
    const text = body && JSON.stringify(body);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return new Promise((resolve, reject) => {
      const call = request(`${url}${path}`, { method, agent, headers: { 'content-type': type } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      call.once('error', reject);
      call.end(text);
    });
  };
  const change = async (method: string, path: string, body?: object): Promise<string | undefined> => {
    let reply = await ask(method, path, body);
    // Such as while a definition has just been made: the server asks to be asked again.
    for (; reply.status === 429; reply = await ask(method, path, body)) await sleep(200);
    if (reply.status === 404 && method !== 'POST') return undefined;
    if (reply.status < 300) return reply.body;
    throw new Error(`${method} ${path}: ${reply.status} ${reply.body.slice(0, 500)}`);
  };
  return {
    get: async <T>(path: string) => {
      const text = await change('GET', path);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    create: async (path, object) => void (await change('POST', path, object)),
    patch: async (path, body) => void (await change('PATCH', path, body)),
    remove: async (path) => void (await change('DELETE', path)),
    close: () => agent.destroy(),
  };
}
