/** `likeness retrain` and `likeness promote` against a server that keeps one pipeline. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PipelineStatus } from '../../crds/status.ts';
import { runPromote, runRetrain } from './wishes.ts';

const folder = mkdtempSync(join(tmpdir(), 'likeness-wishes-'));
const now = Date.parse('2026-01-01T00:00:00Z');
let server: Server;
let status: PipelineStatus;
let patches: unknown[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.method === 'PATCH') patches.push(JSON.parse(Buffer.concat(parts).toString()));
      const body = { metadata: { name: 'shop', namespace: 'shops' }, status };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  status = {};
  patches = [];
});

function options() {
  const kubeconfig = join(folder, 'config');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const named = (value: object) => [{ name: 'it', ...value }];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: named({ cluster: { server: url, 'insecure-skip-tls-verify': true } }),
    users: named({ user: {} }),
    contexts: named({ context: { cluster: 'it', user: 'it', namespace: 'shops' } }),
    'current-context': 'it',
  };
  writeFileSync(kubeconfig, stringify(config));
  return { kubeconfig, version: '0.1.0', now };
}

const printed: string[] = [];
const terminal = { print: (text: string) => void printed.push(text), note: () => undefined, status: () => undefined };
const annotations = () => patches.map((patch) => (patch as { metadata: { annotations: object } }).metadata.annotations);

it('asks for a training with the moment of asking', async () => {
  expect(await runRetrain('shop', options(), terminal)).toBe(0);
  expect(annotations()).toEqual([{ 'likeness.dev/retrain': '2026-01-01T00:00:00.000Z' }]);
  expect(printed.at(-1)).toContain('likeness status shop');
});

it('promotes the version that is named, each time anew', async () => {
  expect(await runPromote('shop', { ...options(), modelVersion: 'v1' }, terminal)).toBe(0);
  expect(annotations()).toEqual([{ 'likeness.dev/promote': 'v1@2026-01-01T00:00:00.000Z' }]);
});

it('promotes the candidate where there is only one', async () => {
  status = {
    model: { name: 'a', phase: 'Active' },
    otherModels: [{ name: 'b', phase: 'Held', candidate: { version: 'v9' } }],
  };
  await runPromote('shop', options(), terminal);
  expect(annotations()).toEqual([{ 'likeness.dev/promote': 'v9@2026-01-01T00:00:00.000Z' }]);
});

it('asks for a version where there is none, or more than one', async () => {
  const code = 'Usage';
  await expect(runPromote('shop', options(), terminal)).rejects.toMatchObject({
    code,
    message: expect.stringContaining('There is no candidate'),
  });
  const candidate = { version: 'v9' };
  status = { model: { name: 'a', candidate }, otherModels: [{ name: 'b', candidate: { version: 'v8' } }] };
  await expect(runPromote('shop', options(), terminal)).rejects.toMatchObject({
    code,
    message: expect.stringContaining('several candidates: v9, v8'),
  });
  expect(patches).toEqual([]);
});
