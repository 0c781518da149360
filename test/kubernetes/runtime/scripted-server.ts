/** An HTTP server that stands in for the API server: the test takes each request and answers it as its script says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';

export class ScriptedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #arrived: Exchange[] = [];
  readonly #awaited: ((exchange: Exchange) => void)[] = [];
  /** Every request so far, `METHOD path?query`. */
  readonly log: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are open, idle ones included. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** A kubeconfig for this server; the token is read from `tokenFile` if given. */
  kubeConfig(tokenFile?: string): KubeConfig {
    const config = new KubeConfig();
    const cluster = { name: 'scripted', server: this.url, skipTLSVerify: true };
    const user = tokenFile ? { authProvider: { name: 'tokenFile', config: { tokenFile } } } : {};
    config.loadFromClusterAndUser(cluster, { name: 'scripted', ...user });
    return config;
  }

  /** The next request, in the order of arrival. */
  next(): Promise<Exchange> {
    const exchange = this.#arrived.shift();
    return exchange ? Promise.resolve(exchange) : new Promise((resolve) => this.#awaited.push(resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.log.push(`${request.method} ${request.url}`);
    const exchange = new Exchange(request, response, Buffer.concat(chunks).toString());
    const waiting = this.#awaited.shift();
    if (waiting) waiting(exchange);
    else this.#arrived.push(exchange);
  }
}

/** One request and the way to answer it. */
export class Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly #response: ServerResponse;
  /** Resolves when the client has gone or has everything. */
  readonly closed: Promise<unknown>;

  constructor(request: IncomingMessage, response: ServerResponse, body: string) {
    this.method = request.method!;
    this.url = new URL(request.url!, 'http://server');
    this.headers = request.headers;
    this.body = body;
    this.#response = response;
    this.closed = once(response, 'close');
  }

  get query(): Record<string, string> {
    return Object.fromEntries(this.url.searchParams);
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.#response.end(JSON.stringify(body));
  }

  text(status: number, body: string): void {
    this.#response.writeHead(status, { 'content-type': 'text/plain' });
    this.#response.end(body);
  }

  /** Fails as the API server does. */
  status(code: number, reason: string, headers: Record<string, string> = {}): void {
    this.json(code, { kind: 'Status', status: 'Failure', code, reason, message: `scripted ${reason}` }, headers);
  }

  /** A page of a list. Items come without apiVersion and kind, as the API server's do. */
  list(resourceVersion: string, items: readonly object[], next?: string): void {
    this.json(200, { kind: 'List', metadata: { resourceVersion, ...(next && { continue: next }) }, items });
  }

  /** Begins the answer to a watch, and sends these events. */
  watch(...events: readonly object[]): this {
    this.#response.writeHead(200, { 'content-type': 'application/json' });
    this.#response.flushHeaders();
    return this.send(...events);
  }

  send(...events: readonly object[]): this {
    for (const event of events) this.raw(`${JSON.stringify(event)}\n`);
    return this;
  }

  raw(text: string | Buffer): this {
    this.#response.write(text);
    return this;
  }

  /** The server ends the answer in order. */
  end(): void {
    this.#response.end();
  }

  /** The connection is lost. */
  destroy(): void {
    this.#response.socket?.resetAndDestroy();
  }
}
