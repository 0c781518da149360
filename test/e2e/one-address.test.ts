/** One process behind one address: every route of ingest and of serving reaches its own service. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LaunchedPipeline, launchPipeline } from '../../cli/up.ts';

const spec = fileURLToPath(new URL('../../examples/shop.yaml', import.meta.url));
let folder: string;
let pipeline: LaunchedPipeline;
let url: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-address-'));
  pipeline = await launchPipeline({ spec, data: join(folder, 'data'), port: 0, logLevel: 'warn' });
  url = pipeline.backend.urls().serving;
});
afterAll(async () => {
  await pipeline?.stop();
  rmSync(folder, { recursive: true });
});

const json = { 'content-type': 'application/json' };
const words = ['batch', 'track', 'identify', 'page', 'screen', 'group', 'alias'];
const letters = [...new Set(words.map((word) => word[0]!))];

it.each([...[...words, ...letters, 'events'].map((path) => ['POST', path]), ['PUT', 'items']])(
  '%s /v1/%s is answered by ingest',
  async (method, path) => {
    const response = await fetch(`${url}/v1/${path}`, { method, headers: json, body: '{' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ accepted: 0, code: 'NotJson' });
  },
);

it.each(['/v1/profiles/x', '/v1/recommendations/x', '/v1/items/x/similar', '/openapi.json'])(
  'GET %s is answered by serving',
  async (path) => {
    const response = await fetch(`${url}${path}`);
    expect(await response.text()).not.toContain('There is no');
  },
);
