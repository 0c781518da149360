/** The example source, as docs/extending/source.md tells it: a table becomes events, events become profiles, once. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lastJson, likeness, until, untilUp } from './command.ts';

const script = fileURLToPath(new URL('../../examples/extending/source/main.ts', import.meta.url));
const orders = fileURLToPath(new URL('../../examples/extending/source/orders.csv', import.meta.url));
const spec = fileURLToPath(new URL('../../examples/shop.yaml', import.meta.url));
let folder: string;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'likeness-source-'))));
afterAll(() => rmSync(folder, { recursive: true }));

it('sends a table of orders twice and counts it once', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, orders]);
  expect(stderr).toContain('row 8: placed_at "yesterday" is no time');
  expect(stderr).toContain('{"events":5,"skipped":1,"bad":1}');
  const events = join(folder, 'events.jsonl');
  writeFileSync(events, stdout);

  const data = join(folder, 'data');
  const up = likeness('up', spec, '--data', data, '--port', '0', '--json');
  const { ingest, serving } = await untilUp(up);
  const replay = ['replay', events, '--to', ingest, '--key', join(data, 'keys', 'import-key'), '--json'];
  for (const _ of ['once', 'twice']) expect(await likeness(...replay).ended).toMatchObject({ code: 0 });
  // A later event of the same profile: once it is in, so are both copies of those before it.
  const marker = { id: 'marker', type: 'view', userId: 'c-17', itemId: 'MUG-RED', time: '2026-01-10T00:00:00.000Z' };
  writeFileSync(events, JSON.stringify(marker));
  expect(await likeness(...replay).ended).toMatchObject({ code: 0 });

  const attributes = await until(up, async () => {
    const ask = ['profile', 'c-17', '--as-of', '2026-01-10T12:00:00Z', '--url', serving, '--json'];
    const ended = await likeness(...ask).ended;
    if (ended.code !== 0) return undefined;
    const answer = lastJson<{ attributes: Record<string, { value: unknown }> }>(ended).attributes;
    return answer['views30d']?.value === 1 ? answer : undefined;
  });
  expect(attributes).toMatchObject({
    purchases30d: { value: 3 },
    returns30d: { value: 1 },
    spend30d: { value: 43.2 },
    lastSeen: { value: '2026-01-10T00:00:00.000Z' },
  });
  up.kill('SIGTERM');
  expect(await up.ended).toMatchObject({ code: 0 });
});
