/** Between one operator and the API server: names each write, and does to one of them what a case says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RunningKubernetes } from '../../testbed/kubernetes/types.ts';
import type { Case } from './faults.ts';
import { Watches } from './watches.ts';
import { isRenewal, isWrite, targetOf, writeName, type ApiRequest } from './writes.ts';

export interface Write {
  readonly name: string;
  readonly status: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Armed {
  readonly hit: Pick<Case, 'write' | 'occurrence' | 'fault'>;
  /** SIGKILL; resolves when the operator has ended. */
  readonly kill: () => Promise<void>;
  /** Resource version of when the scenario began. */
  readonly began: string;
}

const silentMs = 2500;

export class FaultProxy {
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #target: RunningKubernetes;
  readonly #watches = new Watches();
  readonly #counts = new Map<string, number>();
  #armed: Armed | undefined;
  #writes: Write[] = [];

  private constructor(target: RunningKubernetes) {
    const { ca, admin } = target;
    this.#target = target;
    this.#agent = new Agent({ keepAlive: true, ca, cert: admin.cert, key: admin.key });
    this.#server = createServer((from, to) => {
      // Whoever has gone away hears nothing.
      to.on('error', () => to.destroy());
      this.#handle(from, to).catch(() => to.destroy());
    });
  }

  static async start(target: RunningKubernetes): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Since the last `begin`, renewals of the lease left out. */
  get writes(): readonly Write[] {
    return this.#writes;
  }

  /** False once the write has come that it was armed for. */
  get isArmed(): boolean {
    return this.#armed !== undefined;
  }

  /** Resolves when every watch says what there is. */
  get calm(): Promise<void> {
    return this.#watches.calm;
  }

  /** Counts from here on. */
  begin(armed?: Armed): void {
    this.#counts.clear();
    this.#writes = [];
    this.#armed = armed;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
    this.#agent.destroy();
  }

  async #handle(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = from;
    if (isWrite({ method })) return this.#handleWrite(from, to);
    const isWatch = url.includes('watch=1');
    const response = await this.#forward(from, isWatch ? this.#watches.rewritten(url) : url, Buffer.alloc(0));
    to.writeHead(response.statusCode!, endToEnd(response.headers));
    if (!isWatch) return void response.pipe(to);
    // A watch has begun when its headers are there, long before anything happens.
    to.flushHeaders();
    this.#watches.relay(url, response, to);
  }

  async #handleWrite(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const { method = '', url = '' } = from;
    const body = await buffer(from);
    const asked: ApiRequest = { method, url, body: body.toString('utf8') };
    const go = async (): Promise<Answer> => {
      const response = await this.#forward(from, url, body);
      return { status: response.statusCode!, headers: response.headers, body: await buffer(response) };
    };
    if (isRenewal(asked)) return reply(to, await go());
    const name = writeName(asked);
    const occurrence = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, occurrence);
    const write = { name, status: 0 };
    this.#writes.push(write);
    const armed = this.#armed;
    const isHit = armed?.hit.write === name && armed.hit.occurrence === occurrence;
    if (isHit) this.#armed = undefined;
    const counted = async () => {
      const answer = await go();
      write.status = answer.status;
      return answer;
    };
    if (!isHit) return reply(to, await counted());
    await this.#strike(armed, asked, { go: counted, to });
  }

  async #strike(
    { hit: { fault }, kill, began }: Armed,
    { method, url }: ApiRequest,
    { go, to }: { readonly go: () => Promise<Answer>; readonly to: ServerResponse },
  ): Promise<void> {
    const { plural } = targetOf(url);
    if (fault.endsWith('silent')) this.#watches.silence(plural, silentMs);
    if (fault.includes('after')) await go();
    if (fault.startsWith('kill')) await kill();
    if (fault.startsWith('kill') || fault.startsWith('cut')) return void to.destroy();
    if (fault === 'watch replayed') this.#watches.replay(plural, began);
    if (!fault.startsWith('watch')) return reply(to, refusal(fault, method));
    reply(to, await go());
    if (fault === 'watch expired') this.#watches.expire(plural);
  }

  #forward(from: IncomingMessage, url: string, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method } = from;
      const headers = endToEnd(from.headers);
      const call = request(`${this.#target.url}${url}`, { method, headers, agent: this.#agent }, resolve);
      call.once('error', reject);
      call.end(body);
    });
  }
}

/** The headers that are not about the one connection. */
function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const { connection: _connection, host: _host, 'transfer-encoding': _encoding, ...rest } = headers;
  return rest;
}

function reply(to: ServerResponse, { status, headers, body }: Answer): void {
  to.writeHead(status, { ...endToEnd(headers), 'content-length': String(body.length) });
  to.end(body);
}

const refusals: Readonly<Record<string, { readonly code: number; readonly reason: string }>> = {
  conflict: { code: 409, reason: 'Conflict' },
  error: { code: 500, reason: 'InternalError' },
  unavailable: { code: 503, reason: 'ServiceUnavailable' },
};

function refusal(fault: string, method: string): Answer {
  const [kind = '', when] = fault.split(' ');
  const { code, reason } = refusals[kind]!;
  // What was created and is created again is there already; a quota's conflict comes before.
  const told = kind === 'conflict' && when === 'after' && method === 'POST' ? 'AlreadyExists' : reason;
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'chaos', reason: told, code };
  return { status: code, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(status)) };
}
