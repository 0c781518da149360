/** Features that change under stored profiles: the old ones serve until the new ones know all that the log holds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Addresses, lastJson, likeness, until, untilUp } from './command.ts';

const patience = 300_000;
const events = 300;

let folder: string;
let data: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-rebuild-'));
  data = join(folder, 'data');
});

afterAll(() => rmSync(folder, { recursive: true }));

function writeSpec(name: string, features: string): string {
  const file = join(folder, name);
  const lines = ['apiVersion: likeness.dev/v1alpha1', 'kind: ProfilePipeline', 'metadata: {name: rebuild}'];
  writeFileSync(file, [...lines, `spec: {preset: none, events: [{name: view}], features: [${features}]}`].join('\n'));
  return file;
}

const views = '{name: views, count: {}}';
const before = () => writeSpec('before.yaml', views);
const after = () => writeSpec('after.yaml', `${views}, {name: items, distinct: {of: itemId}}`);

const up = (spec: string, ...more: readonly string[]) =>
  likeness('up', spec, '--data', data, '--port', '0', '--json', ...more);

async function send({ ingest }: Addresses): Promise<void> {
  const lines = Array.from({ length: events }, (_, index) => {
    const time = new Date(Date.now() - events + index).toISOString();
    return JSON.stringify({ id: `e-${index}`, type: 'view', userId: 'u-1', itemId: `i-${index % 7}`, time });
  });
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, lines.join('\n'));
  expect(await likeness('replay', file, '--to', ingest).ended).toMatchObject({ code: 0 });
}

type Attributes = Record<string, { readonly value: unknown }>;

/** The attributes once all events are in, and these features are there. */
function readProfile(
  command: ReturnType<typeof likeness>,
  { serving }: Addresses,
  ...features: readonly string[]
): Promise<Attributes> {
  return until(command, async () => {
    const ended = await likeness('profile', 'u-1', '--url', serving, '--json').ended;
    if (ended.code !== 0) return undefined;
    const { attributes } = lastJson<{ attributes: Attributes }>(ended);
    const isThere = features.every((name) => name in attributes);
    return isThere && attributes['views']?.value === events ? attributes : undefined;
  });
}

it(
  'computes a new feature from the log, and neither a restart nor a rebuild does harm',
  async () => {
    const first = up(before());
    const addresses = await untilUp(first);
    await send(addresses);
    expect(await readProfile(first, addresses)).not.toHaveProperty('items');
    first.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 0 });

    const changed = up(after());
    expect(await readProfile(changed, await untilUp(changed), 'items')).toMatchObject({ items: { value: 7 } });
    changed.kill('SIGTERM');
    expect(await changed.ended).toMatchObject({ code: 0 });

    const rebuilt = up(after(), '--from-log-start');
    expect(await readProfile(rebuilt, await untilUp(rebuilt))).toMatchObject({ items: { value: 7 } });
    rebuilt.kill('SIGTERM');
    expect(await rebuilt.ended).toMatchObject({ code: 0 });

    const again = up(after());
    expect(await readProfile(again, await untilUp(again))).toMatchObject({ items: { value: 7 } });
    again.kill('SIGTERM');
    expect(await again.ended).toMatchObject({ code: 0 });
  },
  patience,
);
