/** The HTTP shell of every process: liveness, readiness and metrics around the handlers of its services. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { LikenessError } from '../errors.ts';
import type { Handler, Service, Telemetry } from '../service.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly services: readonly Service[];
  /** Logs of the shell; its registry is one of those that `/metrics` shows. */
  readonly telemetry: Telemetry;
  /** Registries of further services in the same process. */
  readonly registries?: readonly Registry[];
  /** Who answers a path (without the query): for processes with several services. Default: the first that has a handler. */
  readonly route?: (path: string) => Handler | undefined;
}

export interface HttpServer {
  readonly port: number;
  /** Stops accepting, lets the requests under way finish (at most 10 seconds), closes every connection. Idempotent. */
  close(): Promise<void>;
}

/** Rejects with `BadConfig` if the address cannot be had. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const state = { closing: false };
  const answer = createListener(options, state);
  // 65 s: longer than the idle time of the usual load balancers, so that they close first and never reset a request.
  const limits = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 };
  const server = createServer(limits, answer);
  await listen(server, options);
  let closed: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      state.closing = true;
      closed ??= closeServer(server);
      return closed;
    },
  };
}

function createListener(options: HttpOptions, state: { closing: boolean }): Handler {
  const first = options.services.find((service) => service.handler !== undefined)?.handler;
  const route = options.route ?? (() => first);
  return (request, response) => {
    // A connection that is told to close after this answer cannot keep the process alive.
    if (state.closing) response.shouldKeepAlive = false;
    const path = pathOf(request);
    if (path === '/livez') return sendJson(response, 200, { live: true });
    if (path === '/readyz') return sendReadiness(response, options.services, state.closing);
    if (path === '/metrics') return sendMetrics(response, options);
    const handler = route(path);
    if (handler === undefined)
      return sendJson(response, 404, { code: 'NotFound', message: `There is no ${path} here` });
    try {
      handler(request, response);
    } catch (error) {
      options.telemetry.logger.error({ error, path }, 'the handler threw');
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { code: 'Bug', message: 'The request failed; the log says why' });
    }
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

function sendReadiness(response: ServerResponse, services: readonly Service[], closing: boolean): void {
  const states = services.map((service) => ({ name: service.name, ...service.health() }));
  const ready = !closing && states.every((state) => state.ready);
  sendJson(response, ready ? 200 : 503, { ready, ...(closing && { reasons: ['stopping'] }), services: states });
}

function sendMetrics(response: ServerResponse, options: HttpOptions): void {
  const registries = [options.telemetry.registry, ...(options.registries ?? [])];
  collect(registries).then(
    (text) => response.writeHead(200, { 'content-type': options.telemetry.registry.contentType }).end(text),
    (error: unknown) => {
      options.telemetry.logger.error({ error }, 'metrics could not be collected');
      sendJson(response, 500, { code: 'Bug', message: 'Metrics could not be collected; the log says why' });
    },
  );
}

/** One family per name, however many services have it: the text format allows a name only once. */
async function collect(registries: readonly Registry[]): Promise<string> {
  if (registries.length === 1) return registries[0]!.metrics();
  const families = await Promise.all(registries.map((registry) => registry.getMetricsAsJSON()));
  return AggregatorRegistry.aggregate(families).metrics();
}

function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) =>
      reject(new LikenessError('BadConfig', `Cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A connection becomes idle when its last answer is out; node only looks once, at the call of close().
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    const deadline = setTimeout(() => server.closeAllConnections(), 10_000);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
}
