/** The document against the implementation: every answer validated, every documented status seen, nothing undocumented. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Issuer, startIssuer } from '../../test/serving/issuer.ts';
import { sealClassifier } from '../../test/serving/sealed-classifier.ts';
import { startWorld, type World } from '../../test/serving/world.ts';
import { LikenessError } from '../shared/errors.ts';
import { openApiDocument } from './openapi.ts';
import { createRouter, type RouterOptions } from './router.ts';

interface Described {
  readonly operationId: string;
  readonly parameters: { name: string; in: string; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: { $ref: string } }> };
  readonly responses: Record<string, { content: Record<string, { schema: { $ref: string } }> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Described>>;
  readonly components: { schemas: Record<string, object> };
}

const document = openApiDocument() as unknown as Document;
const ajv = new Ajv2020({ strict: true, formats: { 'date-time': isTime } });
ajv.addSchema({ ...document, $id: 'document' } as object, 'document');
ajv.addVocabulary(['openapi', 'info', 'paths', 'components']);

/** RFC 3339, with a day that exists. */
function isTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return false;
  const day = text.slice(0, 10);
  return new Date(day).toISOString().startsWith(day) && !Number.isNaN(Date.parse(text));
}
function validator(reference: string): ValidateFunction {
  return ajv.compile({ $ref: `document${reference}` });
}

const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const find = (operationId: string) => described.find(({ operation }) => operation.operationId === operationId)!;

let world: World;
let empty: World;
let guarded: World;
let keyless: World;
let issuer: Issuer;
const seen = new Set<string>();

beforeAll(async () => {
  issuer = await startIssuer();
  const authentication = { jwksUrl: issuer.jwksUrl, ...issuer.rules };
  [world, empty, guarded, keyless] = await Promise.all([
    startWorld(),
    startWorld(),
    startWorld({ serving: { authentication } }),
    startWorld({ serving: { authentication: { ...authentication, jwksUrl: 'http://127.0.0.1:1/' } } }),
  ]);
  await world.putProfile('u 1', [
    { itemId: 'mug', item: { category: 'mugs' } },
    { itemId: 'lamp', type: 'purchase' },
  ]);
  const heads = { labels: ['soon'], categories: ['mugs'], timeToNext: true };
  await world.activate({
    model: { items: ['mug', 'lamp', 'bag'], rules: [['mug', 'bag', 0.9]], heads },
    generation: 1,
  });
  await world.activateClassifier(sealClassifier());
  await vi.waitFor(async () => expect((await world.get('/v1/recommendations/x')).status).toBe(200));
  await vi.waitFor(async () => expect((await world.get('/v1/profiles/u%201/propensities')).status).toBe(200));
});
afterAll(async () => {
  await Promise.all([world, empty, guarded, keyless].map((each) => each.stop()));
  issuer.close();
});

interface Request {
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly at?: World;
}

/** Sends a request of a documented operation and holds the answer against the document. */
async function call(operationId: string, request: Request = {}): Promise<number> {
  const { path, method, operation } = find(operationId);
  const { id = '', query = '', body, headers = {}, at = world } = request;
  const url = path.replace('{id}', encodeURIComponent(id)) + query;
  const response = await (method === 'get' ? at.get(url, headers) : at.post(url, body, headers));
  const answer: unknown = await response.json();
  const documented = operation.responses[response.status];
  expect(documented, `${operationId} answered ${response.status}`).toBeDefined();
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const validate = validator(documented!.content['application/json']!.schema.$ref);
  expect(validate(answer), JSON.stringify([answer, validate.errors])).toBe(true);
  seen.add(`${operationId} ${response.status}`);
  return response.status;
}

const good: Record<string, Request> = {
  getProfile: { id: 'u 1' },
  getPropensities: { id: 'u 1' },
  getNext: { id: 'u 1' },
  batchGetProfiles: { body: { ids: ['u 1', 'nobody'] } },
  getRecommendations: { id: 'u 1' },
  postRecommendations: { body: { userId: 'u 1', events: [{ itemId: 'mug', type: 'view' }] } },
  getSimilarItems: { id: 'mug' },
};

describe('the OpenAPI document', () => {
  it('is served, is OpenAPI 3.1, and every reference in it leads somewhere', async () => {
    const served = await world.get('/openapi.json');
    expect(served.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await served.json()).toEqual(JSON.parse(JSON.stringify(document)));
    expect(document.openapi).toBe('3.1.0');
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(20);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name!);
    for (const name of Object.keys(document.components.schemas)) validator(`#/components/schemas/${name}`);
  });

  it('names every route of the router, and no other', () => {
    const { stack } = createRouter({ operations: {}, metrics: {}, logger: {} } as unknown as RouterOptions);
    const routes = stack.flatMap(({ route }) =>
      route ? route.stack.map(({ method }) => `${method} ${String(route.path).replaceAll('\\:', ':')}`) : [],
    );
    const documented = described.map(({ path, method }) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    expect(routes.toSorted()).toEqual([...documented, 'get /', 'get /openapi.json'].toSorted());
  });

  it.each(Object.keys(good))('%s answers 200 as documented', async (operationId) => {
    expect(await call(operationId, good[operationId])).toBe(200);
  });

  it.each(Object.keys(good))('%s answers its errors as documented', async (operationId) => {
    const request = good[operationId]!;
    expect(await call(operationId, { ...request, query: '?unheard=1' })).toBe(400);
    expect(await call(operationId, { ...request, at: guarded })).toBe(401);
    const claims = { scope: 'openid' };
    const headers = { authorization: await issuer.bearer({ claims }) };
    expect(await call(operationId, { ...request, at: guarded, headers })).toBe(403);
    const authorization = await issuer.bearer();
    expect(await call(operationId, { ...request, at: keyless, headers: { authorization } })).toBe(503);
    expect(await call(operationId, { ...request, at: empty })).toBeGreaterThanOrEqual(200);
  });

  it.each([
    'getProfile',
    'getPropensities',
    'getNext',
    'batchGetProfiles',
    'getRecommendations',
    'postRecommendations',
  ])('%s answers a broken store as documented', async (operationId) => {
    world.store.failure = new LikenessError('StoreUnavailable', 'away', { retryable: true });
    expect(await call(operationId, good[operationId])).toBe(503);
    world.store.failure = new Error('a bug');
    expect(await call(operationId, good[operationId])).toBe(500);
    world.store.failure = undefined;
  });

  it('documents what is not found, too early, too large or not JSON', async () => {
    const tooEarly = '2000-01-01T00:00:00Z';
    expect(await call('getProfile', { id: 'nobody' })).toBe(404);
    expect(await call('getProfile', { id: 'u 1', query: `?asOf=${tooEarly}` })).toBe(422);
    expect(await call('getPropensities', { id: 'u 1', query: `?asOf=${tooEarly}` })).toBe(422);
    expect(await call('getPropensities', { id: 'nobody' })).toBe(404);
    expect(await call('getPropensities', { id: 'u 1', query: '?model=next-item' })).toBe(404);
    expect(await call('getNext', { id: 'nobody' })).toBe(404);
    expect(await call('getNext', { id: 'u 1', query: '?model=other' })).toBe(404);
    expect(await call('getRecommendations', { id: 'u 1', query: `?asOf=${tooEarly}` })).toBe(422);
    expect(await call('postRecommendations', { body: { userId: 'u 1', asOf: tooEarly } })).toBe(422);
    expect(await call('getRecommendations', { id: 'u 1', query: '?model=ghost' })).toBe(404);
    expect(await call('postRecommendations', { body: { model: 'ghost' } })).toBe(404);
    expect(await call('getSimilarItems', { id: 'ghost' })).toBe(404);
    for (const operationId of ['batchGetProfiles', 'postRecommendations']) {
      expect(await call(operationId, { body: { ids: ['x'.repeat(110_000)] } })).toBe(413);
      expect(await call(operationId, { body: 'ids', headers: { 'content-type': 'text/plain' } })).toBe(415);
      expect(await call(operationId, { body: '{', headers: {} })).toBe(400);
    }
  });

  it('documents no status that never comes', () => {
    const documented = described.flatMap(({ operation }) =>
      Object.keys(operation.responses).map((status) => `${operation.operationId} ${status}`),
    );
    // Similar items need no store, so no test can break what it stands on.
    const untestable = new Set(['getSimilarItems 500']);
    expect(documented.filter((one) => !seen.has(one) && !untestable.has(one))).toEqual([]);
  });

  const values = [
    '0',
    '1',
    '200',
    '201',
    '1.5',
    'x',
    'mugs',
    '2026-02-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    'next-item',
  ];
  it.each(described.flatMap(({ operation }) => operation.parameters.map(({ name }) => [operation.operationId, name])))(
    '%s takes for %s what the document allows, and nothing else',
    async (operationId, name) => {
      const parameter = find(operationId).operation.parameters.find((one) => one.name === name)!;
      if (parameter.in === 'path') return;
      const validate = ajv.compile(parameter.schema);
      const coerce = (text: string) => {
        const { type } = parameter.schema as { type: string };
        if (type === 'array') return [text];
        return type === 'integer' && text.trim() !== '' ? Number(text) : text;
      };
      for (const value of [...values, 'y'.repeat(300)]) {
        const query = `?${name}=${encodeURIComponent(value)}`;
        const status = await call(operationId, { ...good[operationId], query });
        expect([value, status === 400]).toEqual([value, !validate(coerce(value))]);
      }
    },
  );

  const event = { itemId: 'a', type: 'view' };
  const ids = (count: number) => ({ ids: Array.from({ length: count }, String) });
  const bodies: Record<string, unknown[]> = {
    // oxfmt-ignore
    batchGetProfiles: [
      {}, [], ids(0), ids(100), ids(101), { ids: [''] }, { ids: 'a' }, { ids: ['a'], more: 1 }, { ids: ['a'], asOf: null },
    ],
    // oxfmt-ignore
    postRecommendations: [
      {}, [], { n: 0 }, { n: 200 }, { n: '1' }, { userId: null }, { userId: '' }, { exclude: [1] }, { more: 1 },
      { category: null }, { category: '' }, { asOf: 'today' }, { asOf: null }, { model: null }, { events: {} },
      { events: [event] }, { events: [{ ...event, time: '2026-01-01T00:00:00Z' }] }, { events: [{ itemId: 'a' }] },
      { events: [{ ...event, more: 1 }] }, { events: Array(201).fill(event) },
    ],
  };
  it.each(Object.keys(bodies))('%s takes the bodies that the document allows, and no other', async (operationId) => {
    const { requestBody } = find(operationId).operation;
    const validate = validator(requestBody!.content['application/json']!.schema.$ref);
    for (const body of bodies[operationId]!) {
      const status = await call(operationId, { body });
      expect([body, status === 400]).toEqual([body, !validate(body)]);
    }
  });
});
