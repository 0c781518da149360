/** The express router: the documented operations, the OpenAPI document and the page. */
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isFromHere } from '../shared/from-here.ts';
import type { Authenticate } from './authenticate.ts';
import type { ServingMetrics } from './metrics.ts';
import type { Operation, OperationId } from './operations.ts';
import { operations } from './operations.ts';
import { pageSecurityPolicy } from './page.ts';
import { readBody, readId, readQuery } from './read-request.ts';
import { Refusal, refusalBody, toRefusal } from './refusal.ts';
import { requestSchemas } from './schemas.ts';

type Table = typeof operations;
type QueryOf<Id extends OperationId> = Table[Id] extends { query: infer Q extends z.ZodType } ? z.output<Q> : undefined;
type BodyOf<Id extends OperationId> = Table[Id] extends { body: infer B extends keyof typeof requestSchemas }
  ? z.output<(typeof requestSchemas)[B]>
  : undefined;

/** One operation's work: what the request asks for, checked, to the answer's body. Rejects with a Refusal. */
type Operate<Id extends OperationId> = (input: {
  readonly id: string;
  readonly query: QueryOf<Id>;
  readonly body: BodyOf<Id>;
}) => unknown;

export type Operations = { readonly [Id in OperationId]: Operate<Id> };
type AnyOperate = (input: { id: string; query: unknown; body: unknown }) => unknown;

export interface RouterOptions {
  readonly operations: Operations;
  /** Absent: open to this machine, but to no page of another site that a browser on it shows. */
  readonly authenticate: Authenticate | undefined;
  readonly openApi: string;
  readonly page: string;
  readonly metrics: ServingMetrics;
  readonly logger: Logger;
}

const jsonHeaders = {
  'content-type': 'application/json; charset=utf-8',
  // Profiles are personal data, and old in a moment.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': pageSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

interface Exchange {
  /** The route as documented, or `none`: the metric's label. */
  readonly route: string;
  readonly request: Request;
  readonly response: Response;
  /** Milliseconds, of the monotonic clock. */
  readonly start: number;
}

/** A bare router: the application around it would only change prototypes and settings that nothing here uses. */
export function createRouter(options: RouterOptions): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  for (const [id, operation] of Object.entries<Operation>(operations)) {
    const work = createWork(options, operation, options.operations[id as OperationId] as AnyOperate);
    router[operation.method](expressPath(operation.path), work);
  }
  router.get('/openapi.json', (_request, response) => write(response, 200, jsonHeaders, options.openApi));
  router.get('/', (_request, response) => write(response, 200, pageHeaders, options.page));
  router.use(({ method, url }: Request) => {
    throw new Refusal(404, 'NoSuchRoute', `There is no ${method} ${url.split('?', 1)[0]}. See /openapi.json.`);
  });
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    refuse(options, { route: 'none', request, response, start: performance.now() }, error),
  );
  return router;
}

/** `/v1/profiles/{id}` and `/v1/profiles:batchGet` as express writes them. */
const expressPath = (path: string): string => path.replaceAll(':', '\\:').replaceAll(/\{(\w+)\}/g, ':$1');

/** Who asks is checked first, and a body is read only then. */
function createWork(options: RouterOptions, operation: Operation, operate: AnyOperate) {
  const { path: route, query, body, id } = operation;
  const { authenticate } = options;
  const work = async (request: Request, response: Response): Promise<string> => {
    if (authenticate) await authenticate(request.headers.authorization);
    else refuseOthers(request);
    const input = {
      id: id === undefined ? '' : readId(request.params['id']),
      query: readQuery(query ?? noQuery, request.url),
      body: body && readBody(requestSchemas[body], await parseBody(request, response)),
    };
    return JSON.stringify(await operate(input));
  };
  return (request: Request, response: Response): void => {
    const exchange = { route, request, response, start: performance.now() };
    work(request, response).then(
      (text) => send(options, exchange, text),
      (error: unknown) => refuse(options, exchange, error),
    );
  };
}

function refuseOthers({ headers }: Request): void {
  if (isFromHere(headers)) return;
  const message =
    'Only this machine may read here, under a name of its own and from no page of another site. ' +
    'Set spec.serving.authentication or LIKENESS_READ_KEYS to let others in.';
  throw new Refusal(403, 'ForbiddenOrigin', message);
}

const noQuery = z.strictObject({});
const parseJson = express.json({ limit: '100kb' });

async function parseBody(request: Request, response: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    parseJson(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error as Error)));
  });
  if (request.body !== undefined) return request.body;
  throw new Refusal(415, 'UnsupportedMediaType', 'Send a body with content-type: application/json.');
}

function send({ metrics }: RouterOptions, { route, response, start }: Exchange, text: string): void {
  write(response, 200, jsonHeaders, text);
  metrics.requestSeconds.observe({ route, status: 200 }, (performance.now() - start) / 1000);
}

function refuse({ metrics, logger }: RouterOptions, exchange: Exchange, error: unknown): void {
  const { route, request, response, start } = exchange;
  const refusal = toRefusal(error);
  const { status, code } = refusal;
  if (status === 500) logger.error({ code, error: refusal.cause ?? refusal, route }, refusal.message);
  else if (status > 500) logger.warn({ code, route }, refusal.message);
  else logger.debug({ code, route, method: request.method }, refusal.message);
  metrics.requestSeconds.observe({ route, status }, (performance.now() - start) / 1000);
  if (response.headersSent) return void response.destroy();
  write(response, status, { ...jsonHeaders, ...refusal.headers }, refusalBody(refusal));
}

/** With the length, or node would send the body in chunks. */
function write(response: Response, status: number, headers: Readonly<Record<string, string>>, text: string): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}
