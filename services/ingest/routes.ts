/** Ingest's HTTP routes: who may send, room for the body, the body, its answer. */
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Handler } from '../shared/service.ts';
import type { Access } from './access.ts';
import { type Answer, answerRefusal } from './answer.ts';
import { onError } from './body-error.ts';
import { limits } from './limits.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Pressure } from './pressure.ts';
import { type RequestBody, type RequestReader } from './read-request.ts';
import type { Receiver } from './receive.ts';
import { isRefusal } from './refusal.ts';
import { segmentCalls } from './segment.ts';

export interface RouteDeps {
  readonly access: Access;
  readonly reader: RequestReader;
  readonly receiver: Receiver;
  readonly pressure: Pressure;
  readonly metrics: IngestMetrics;
  readonly onBug: (error: unknown) => void;
}

export function createRoutes(deps: RouteDeps): Handler {
  const { reader } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const body = [admit(deps), express.raw({ type: () => true, limit: limits.bodyBytes, inflate: true })];
  app.post(
    '/v1/events',
    observe(deps, 'events'),
    authorise(deps),
    body,
    reply(deps, (request) => reader.events(request)),
  );
  app.put(
    '/v1/items',
    observe(deps, 'items'),
    authorise(deps),
    body,
    reply(deps, (request) => reader.items(request)),
  );
  const calls = [undefined, ...segmentCalls];
  for (const call of calls) {
    const name = call ?? 'batch';
    // The one letter is what Segment's library for browsers calls.
    const paths = [`/v1/${name}`, `/v1/${name[0]!}`];
    app.options(paths, allowBrowsers, (_request, response) => void response.status(204).end());
    app.post(
      paths,
      allowBrowsers,
      observe(deps, name),
      body,
      reply(deps, (request) => reader.calls(request, call)),
    );
  }
  app.use((request, response) => {
    send(
      response,
      answerRefusal({ status: 404, code: 'NotFound', message: `There is no ${request.method} ${request.path}` }),
    );
  });
  app.use(onError({ refuse: (refusal) => deps.receiver.refuse(refusal), onBug: deps.onBug, send }));
  return app;
}

function observe({ metrics }: RouteDeps, route: string): RequestHandler {
  return (_request, response, next) => {
    const started = performance.now();
    response.once('finish', () => metrics.answered(route, response.statusCode, (performance.now() - started) / 1000));
    next();
  };
}

/** Before the body is read: a sender without a key costs nothing but its header. */
function authorise({ access, receiver }: RouteDeps): RequestHandler {
  return (request, response, next) => {
    const grant = access(request.headers);
    if (!isRefusal(grant)) return next();
    if (grant.status === 401) response.setHeader('www-authenticate', 'Basic realm="likeness"');
    send(response, receiver.refuse(grant));
  };
}

/** Takes room for the body before it is read, and gives it back with the answer. */
function admit({ receiver, pressure }: RouteDeps): RequestHandler {
  return (request, response, next) => {
    const refusal = receiver.refusal();
    if (refusal !== undefined) return send(response, receiver.refuse(refusal));
    response.once('close', pressure.hold(0, expectedBytes(request)));
    next();
  };
}

/** A brotli stream chooses its window itself, up to this size, and the decoder fills it before it gives anything out. */
const brotliWindow = 16 * 1024 * 1024;

function expectedBytes({ headers }: Request): number {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'br') return brotliWindow + limits.bodyBytes;
  const length = Number(headers['content-length']);
  return encoding === 'identity' && length >= 0 ? Math.min(length, limits.bodyBytes) : limits.bodyBytes;
}

function reply(
  { receiver }: RouteDeps,
  read: (body: RequestBody) => Parameters<Receiver['receive']>[0],
): RequestHandler {
  return async (request, response) => {
    const { headers: sender } = request;
    // Without a body there is none to parse, and `body` is undefined.
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    send(response, await receiver.receive(read({ bytes, sender, contentType: sender['content-type'] })));
  };
}

/** Write keys are no cookies: a page of any origin may send what its key allows. */
const allowBrowsers: RequestHandler = (_request, response, next) => {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', 'POST');
  response.setHeader('access-control-allow-headers', 'authorization, content-type');
  response.setHeader('access-control-max-age', '86400');
  next();
};

function send(response: Response, answer: Answer): void {
  // A client that has gone away needs no answer.
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(answer.body));
}
