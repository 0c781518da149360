import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptedServer } from '../../../test/kubernetes/runtime/scripted-server.ts';
import { clientOf, configMap, hurried, valuesOf } from '../../../test/kubernetes/runtime/world.ts';
import { ApiError, isAlreadyExists, isConflict, isNotFound } from './api-error.ts';
import { kinds } from './kinds.ts';

let server: ScriptedServer;
let folder: string;
let clients: ReturnType<typeof clientOf>[];
beforeEach(async () => {
  server = await ScriptedServer.start();
  folder = mkdtempSync(join(tmpdir(), 'likeness-token-'));
  clients = [];
});
afterEach(async () => {
  for (const { transport } of clients) transport.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

function client(options: Parameters<typeof clientOf>[1] & { readonly tokenFile?: string } = {}) {
  const made = clientOf(() => server.kubeConfig(options.tokenFile), options);
  clients.push(made);
  return made;
}

const a = { namespace: 'default', name: 'a' };

describe('verbs', () => {
  it('sends each one as the API server reads it, and gives back what it said', async () => {
    const { api } = client();
    const object = configMap('a', undefined);
    const calls = [
      api.get(kinds.ConfigMap, a),
      api.create(kinds.ConfigMap, object),
      api.replace(kinds.ConfigMap, object, { dryRun: true }),
      api.apply(kinds.ConfigMap, object),
      api.mergePatch(kinds.Deployment, a, { status: { x: null } }, { subresource: 'status' }),
      api.delete(kinds.Job, a, { propagation: 'Foreground', uid: 'u-1' }),
    ];
    const seen: unknown[] = [];
    for (const _ of calls) {
      const exchange = await server.next();
      const type = exchange.headers['content-type'];
      seen.push([
        exchange.method,
        exchange.url.pathname,
        exchange.query,
        type,
        exchange.body && JSON.parse(exchange.body),
      ]);
      exchange.json(exchange.query.force ? 201 : 200, { answered: exchange.method });
    }
    const manager = { fieldManager: 'likeness-test' };
    const path = '/api/v1/namespaces/default/configmaps';
    const byMethod = (entry: unknown) => JSON.stringify(entry);
    expect(seen.map(byMethod).sort()).toEqual(
      [
        ['GET', `${path}/a`, {}, undefined, ''],
        ['POST', path, manager, 'application/json', object],
        ['PUT', `${path}/a`, { ...manager, dryRun: 'All' }, 'application/json', object],
        ['PATCH', `${path}/a`, { force: 'true', ...manager }, 'application/apply-patch+yaml', object],
        [
          'PATCH',
          '/apis/apps/v1/namespaces/default/deployments/a/status',
          manager,
          'application/merge-patch+json',
          { status: { x: null } },
        ],
        [
          'DELETE',
          '/apis/batch/v1/namespaces/default/jobs/a',
          {},
          'application/json',
          { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground', preconditions: { uid: 'u-1' } },
        ],
      ]
        .map(byMethod)
        .sort(),
    );
    const answers = await Promise.all(calls);
    expect(answers[0]).toEqual({ answered: 'GET' });
    expect(answers[3]).toEqual({ object: { answered: 'PATCH' }, created: true });
    expect(answers[5]).toBe(true);
  });

  it('says its name and keeps its sockets', async () => {
    const { api } = client();
    for (let i = 0; i < 5; i++) {
      const getting = api.get(kinds.ConfigMap, a);
      const exchange = await server.next();
      expect(exchange.headers['user-agent']).toBe('likeness-test/1');
      exchange.json(200, {});
      await getting;
    }
    expect(server.connections).toBe(1);
  });
});

describe('failures', () => {
  it('tells code, reason and message of the Status, and which request it was', async () => {
    const { api, registry } = client();
    const getting = api.get(kinds.ConfigMap, a);
    (await server.next()).status(403, 'Forbidden');
    await expect(getting).rejects.toMatchObject({
      name: 'ApiError',
      code: 403,
      reason: 'Forbidden',
      message: 'GET /api/v1/namespaces/default/configmaps/a: scripted Forbidden',
    });
    expect(await valuesOf(registry, 'rest_client_requests_total')).toEqual({ '403 GET': 1 });
  });

  it('tells conflicts apart, and finds nothing where there is nothing', async () => {
    const { api } = client();
    const caught = async (work: Promise<unknown>, code: number, reason: string) => {
      (await server.next()).status(code, reason);
      return work.then(
        () => undefined,
        (error: unknown) => error,
      );
    };
    expect(isConflict(await caught(api.replace(kinds.ConfigMap, configMap('a', '1')), 409, 'Conflict'))).toBe(true);
    const exists = await caught(api.create(kinds.ConfigMap, configMap('a', '1')), 409, 'AlreadyExists');
    expect([isAlreadyExists(exists), isConflict(exists)]).toEqual([true, false]);
    expect(isNotFound(await caught(api.get(kinds.ConfigMap, a), 404, 'NotFound'))).toBe(true);
    const finding = api.find(kinds.ConfigMap, a);
    (await server.next()).status(404, 'NotFound');
    expect(await finding).toBeUndefined();
    const deleting = api.delete(kinds.ConfigMap, a);
    (await server.next()).status(404, 'NotFound');
    expect(await deleting).toBe(false);
  });

  it('quotes a proxy that answers in prose', async () => {
    const { api } = client();
    const getting = api.get(kinds.ConfigMap, a);
    (await server.next()).text(502, 'Bad Gateway, said the proxy');
    await expect(getting).rejects.toMatchObject({
      code: 502,
      reason: 'Unknown',
      message: expect.stringContaining('said the proxy') as string,
    });
  });

  it('gives up on a server that does not answer in time, or that begins and never ends', async () => {
    const { api, registry } = client({ timeoutMs: 300 });
    const getting = api.get(kinds.ConfigMap, a);
    const failing = expect(getting).rejects.toMatchObject({
      code: 0,
      reason: 'Timeout',
      message: expect.stringContaining('no answer in 300 ms') as string,
    });
    await server.next();
    await failing;
    const listing = api.listPage(kinds.ConfigMap, {});
    const endless = expect(listing).rejects.toMatchObject({ code: 0, reason: 'Timeout' });
    const exchange = (await server.next()).watch().raw('{"items": [');
    await endless;
    await exchange.closed;
    expect(await valuesOf(registry, 'rest_client_requests_total')).toEqual({ '<error> GET': 1, '200 GET': 1 });
  });

  it('names a lost connection, a refused one, and one that its caller ended', async () => {
    const { api } = client();
    const getting = api.get(kinds.ConfigMap, a);
    (await server.next()).destroy();
    await expect(getting).rejects.toMatchObject({ code: 0, reason: 'ConnectionLost' });
    const ending = new AbortController();
    const creating = api.create(kinds.ConfigMap, configMap('a', undefined), { signal: ending.signal });
    const exchange = await server.next();
    ending.abort();
    await expect(creating).rejects.toBeInstanceOf(ApiError);
    await exchange.closed;
    await expect(api.get(kinds.ConfigMap, a, { signal: ending.signal })).rejects.toBeInstanceOf(ApiError);
  });

  it('sends again what hit a socket that the server was just closing, but never a create', async () => {
    const { api } = client();
    const first = api.get(kinds.ConfigMap, a);
    (await server.next()).json(200, {});
    await first;
    const second = api.get(kinds.ConfigMap, a);
    (await server.next()).destroy();
    (await server.next()).json(200, { second: true });
    expect(await second).toEqual({ second: true });
    const third = api.create(kinds.ConfigMap, configMap('a', undefined));
    (await server.next()).destroy();
    await expect(third).rejects.toMatchObject({ reason: 'ConnectionLost' });
  });

  it('waits as long as an overloaded server asks, a few times', async () => {
    const { api, registry } = client({ timing: hurried(100), timeoutMs: 2_000_000 });
    const getting = api.get(kinds.ConfigMap, a);
    (await server.next()).status(429, 'TooManyRequests', { 'retry-after': '2' });
    (await server.next()).status(503, 'ServiceUnavailable', { 'retry-after': '1' });
    (await server.next()).json(200, { fine: true });
    expect(await getting).toEqual({ fine: true });
    const refused = api.get(kinds.ConfigMap, a);
    const failing = expect(refused).rejects.toMatchObject({ code: 429, reason: 'TooManyRequests', retryAfterMs: 1000 });
    for (let i = 0; i < 5; i++) (await server.next()).status(429, 'TooManyRequests', { 'retry-after': '1' });
    await failing;
    expect(await valuesOf(registry, 'rest_client_requests_total')).toEqual({
      '429 GET': 6,
      '503 GET': 1,
      '200 GET': 1,
    });
  });
});

describe('an expired token', () => {
  it('is read again from its file when it is refused, once, for requests and for watches', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'old\n');
    const { api } = client({ tokenFile });
    const first = api.get(kinds.ConfigMap, a);
    const before = await server.next();
    expect(before.headers.authorization).toBe('Bearer old');
    before.json(200, {});
    await first;
    writeFileSync(tokenFile, 'new\n');
    const second = api.get(kinds.ConfigMap, a);
    (await server.next()).status(401, 'Unauthorized');
    const again = await server.next();
    expect(again.headers.authorization).toBe('Bearer new');
    again.json(200, { fine: true });
    expect(await second).toEqual({ fine: true });
    writeFileSync(tokenFile, 'newer\n');
    const ending = new AbortController();
    const watch = api.watch(kinds.ConfigMap, {}, { resourceVersion: '1', timeoutSeconds: 60, signal: ending.signal });
    const event = watch.next();
    (await server.next()).status(401, 'Unauthorized');
    const watching = await server.next();
    expect(watching.headers.authorization).toBe('Bearer newer');
    watching.watch({ type: 'ADDED', object: configMap('a', '2') });
    expect((await event).value).toMatchObject({ type: 'ADDED' });
    ending.abort();
    await expect(watch.next()).rejects.toBeInstanceOf(ApiError);
    await watching.closed;
  });

  it('is an error when the new one is refused too', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'old');
    const { api } = client({ tokenFile });
    const getting = api.get(kinds.ConfigMap, a);
    const failing = expect(getting).rejects.toMatchObject({ code: 401, reason: 'Unauthorized' });
    (await server.next()).status(401, 'Unauthorized');
    (await server.next()).status(401, 'Unauthorized');
    await failing;
    expect(server.log).toHaveLength(2);
  });

  it('is renewed without a refusal, since the file is read again from time to time', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'old');
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const timing = hurried(1000);
      const { api } = client({ tokenFile, timing, timeoutMs: 1e9 });
      const bearer = async () => {
        const getting = api.get(kinds.ConfigMap, a);
        const exchange = await server.next();
        exchange.json(200, {});
        await getting;
        return exchange.headers.authorization;
      };
      expect(await bearer()).toBe('Bearer old');
      writeFileSync(tokenFile, 'new');
      vi.setSystemTime(Date.now() + 61_000);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(await bearer()).toBe('Bearer new');
    } finally {
      vi.useRealTimers();
    }
  });
});
