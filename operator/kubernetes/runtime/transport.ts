/** HTTP to the API server: sockets kept alive, credentials read again, one agent for requests, one for watches. */
import { type Agent as HttpAgent, type IncomingMessage, Agent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions, request as httpsRequest, type RequestOptions } from 'node:https';
import type { ClusterAccess } from './cluster-access.ts';
import type { Timing } from './timing.ts';

export interface HttpCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the call and its answer's body. */
  readonly signal: AbortSignal;
  /** A watch: it holds a socket for minutes and must not keep requests waiting for one. */
  readonly watch?: boolean;
}

export interface Transport {
  /** Rejects with `ConnectionFailure` when no answer comes. */
  send(call: HttpCall): Promise<IncomingMessage>;
  /** Forgets credentials, so that the next call reads them again. */
  reload(): void;
  /** Ends every socket. */
  close(): void;
}

export class ConnectionFailure extends Error {
  /** The server closed an idle socket just as it was used again: nothing was processed, the call may be repeated. */
  readonly staleSocket: boolean;

  constructor(cause: Error, staleSocket: boolean) {
    super(cause.message, { cause });
    this.name = 'ConnectionFailure';
    this.staleSocket = staleSocket;
  }
}

export interface TransportOptions {
  /** Called at first and after each `reload()`, because client-node keeps tokens and agents for ever. */
  readonly load: () => ClusterAccess;
  readonly userAgent: string;
  readonly timing: Timing;
  /** Most requests at a time, watches not counted. */
  readonly maxSockets?: number;
}

interface Credentials {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** What a socket depends on: when this changes, agents are made anew. */
  readonly tls: AgentOptions;
  readonly proxy: HttpAgent | undefined;
  readonly readAt: number;
}

interface Agents {
  readonly tls: AgentOptions;
  readonly requests: HttpAgent;
  readonly watches: HttpAgent;
}

/** Projected tokens are renewed well before they expire; client-node's own cache of a token file is 60 s. */
const credentialsForMs = 10_000;
/** Below the 90 s after which the API server closes an idle connection. */
const idleSocketMs = 60_000;
const tlsKeys = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

export class KubeTransport implements Transport {
  readonly #options: TransportOptions;
  #config: ClusterAccess | undefined;
  #reading: Promise<Credentials> | undefined;
  #credentials: Credentials | undefined;
  #agents: Agents | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async send(call: HttpCall): Promise<IncomingMessage> {
    const credentials = await this.#fresh();
    call.signal.throwIfAborted();
    const agents = this.#agentsFor(credentials);
    const { server, headers, tls, proxy } = credentials;
    return exchange(call, {
      ...tls,
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: `${server.pathname.replace(/\/$/, '')}${call.path}`,
      method: call.method,
      headers: { ...headers, ...call.headers, 'user-agent': this.#options.userAgent },
      agent: proxy ?? (call.watch ? agents.watches : agents.requests),
      signal: call.signal,
    });
  }

  reload(): void {
    this.#config = undefined;
    this.#credentials = undefined;
    this.#reading = undefined;
  }

  close(): void {
    this.#agents?.requests.destroy();
    this.#agents?.watches.destroy();
    this.#agents = undefined;
  }

  async #fresh(): Promise<Credentials> {
    const { monotonic } = this.#options.timing;
    const held = this.#credentials;
    if (held && monotonic() - held.readAt < credentialsForMs) return held;
    const config = (this.#config ??= this.#options.load());
    const reading = (this.#reading ??= readCredentials(config, monotonic()));
    try {
      const credentials = await reading;
      // A reload() meanwhile means that these are already known to be refused.
      if (this.#reading === reading) this.#credentials = credentials;
      return credentials;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  #agentsFor({ server, tls }: Credentials): Agents {
    const held = this.#agents;
    if (held && tlsKeys.every((key) => same(held.tls[key], tls[key]))) return held;
    const secure = server.protocol === 'https:';
    const create = (maxSockets: number): HttpAgent => {
      const options = { keepAlive: true, timeout: idleSocketMs, maxSockets };
      return secure ? new HttpsAgent({ ...options, ...tls }) : new Agent(options);
    };
    // Sockets of earlier agents end with what they are doing, or when idle.
    this.#agents = { tls, requests: create(this.#options.maxSockets ?? 32), watches: create(Infinity) };
    return this.#agents;
  }
}

async function readCredentials(config: ClusterAccess, readAt: number): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error('The kubeconfig names no current cluster: set current-context.');
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim();
  if (options.auth) headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const proxy = cluster.proxyUrl && typeof options.agent === 'object' ? options.agent : undefined;
  const tls: AgentOptions = Object.fromEntries(
    tlsKeys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
  return { server: new URL(cluster.server), headers, tls, proxy, readAt };
}

const same = (a: unknown, b: unknown): boolean => a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));

function exchange({ body, signal }: HttpCall, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = options.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(options, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(signal.aborted ? error : new ConnectionFailure(error, stale));
    });
    request.end(body);
  });
}
