/** The HTTP shell against a listening server. */
import { Agent, get } from 'node:http';
import { Counter } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import type { Health, Service } from '../service.ts';
import { type HttpServer, serveHttp } from './http.ts';
import { createTelemetry } from './telemetry.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function service(name: string, parts: Partial<Service> = {}): Service {
  return { name, health: () => ({ ready: true, reasons: [] }), stop: () => Promise.resolve(), ...parts };
}

async function start(services: Service[], options: Partial<Parameters<typeof serveHttp>[0]> = {}) {
  const telemetry = createTelemetry('test', 'silent');
  const server = await serveHttp({ host: '127.0.0.1', port: 0, services, telemetry, ...options });
  open.push(server);
  return { server, base: `http://127.0.0.1:${server.port}` };
}

describe('the HTTP shell', () => {
  it('tells liveness and readiness apart, with the reasons of each service', async () => {
    let health: Health = { ready: false, reasons: ['the catalogue is not read yet'] };
    const { base } = await start([service('a'), service('b', { health: () => health })]);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
    const waiting = await fetch(`${base}/readyz?verbose`);
    expect(waiting.status).toBe(503);
    expect(await waiting.json()).toMatchObject({
      ready: false,
      services: [
        { name: 'a', ready: true },
        { name: 'b', ready: false, reasons: ['the catalogue is not read yet'] },
      ],
    });
    health = { ready: true, reasons: [] };
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
  });

  it('shows the metrics of all registries, one family per name', async () => {
    const [one, two] = [createTelemetry('one', 'silent'), createTelemetry('two', 'silent')];
    for (const { registry } of [one, two])
      new Counter({ name: 'likeness_test_total', help: 'h', registers: [registry] }).inc(3);
    const { base } = await start([], { telemetry: one, registries: [two.registry] });
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toContain('likeness_test_total{service="one"} 3');
    expect(text).toContain('likeness_test_total{service="two"} 3');
    expect(text.match(/# TYPE likeness_test_total/g)).toHaveLength(1);
  });

  it('routes by path, answers 404 elsewhere and 500 when a handler throws', async () => {
    const { base } = await start([], {
      route: (path) => {
        if (path === '/hello') return (_, response) => response.end('world');
        if (path === '/broken')
          return () => {
            throw new Error('broken');
          };
        return undefined;
      },
    });
    expect(await (await fetch(`${base}/hello?x=1`)).text()).toBe('world');
    expect((await fetch(`${base}/nowhere`)).status).toBe(404);
    const broken = await fetch(`${base}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('broken');
  });

  it('lets requests under way finish when it closes, and refuses new ones', async () => {
    const { promise: finish, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const slow = service('slow', {
      handler: (_, response) => {
        arrive();
        void finish.then(() => response.end('done'));
      },
    });
    const { server, base } = await start([slow]);
    const agent = new Agent({ keepAlive: true });
    const answer = new Promise<string>((done, failed) => {
      get(`${base}/slow`, { agent }, (response) => {
        response.setEncoding('utf8').on('data', done);
      }).on('error', failed);
    });
    await arrived;
    let closed = false;
    const closing = server.close().then(() => (closed = true));
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
    expect(closed).toBe(false);
    resolve();
    expect(await answer).toBe('done');
    await closing;
    agent.destroy();
  });

  it('says BadConfig for an address in use', async () => {
    const { server } = await start([]);
    const telemetry = createTelemetry('test', 'silent');
    await expect(serveHttp({ host: '127.0.0.1', port: server.port, services: [], telemetry })).rejects.toMatchObject({
      code: 'BadConfig',
    });
  });
});
