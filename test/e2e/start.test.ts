/**
 * `npm start` on an empty folder, as a process: everything arrives, and a run that was stopped and killed on the way
 * ends with the same profiles as one that was left alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSample } from '../../examples/data/read.ts';
import { canonicalJson } from '../../services/shared/canonical-json.ts';
import { profileIdOf } from '../../services/shared/event.ts';
import { type Addresses, type Command, lastJson, likeness, readCursor, until, untilUp } from './command.ts';

const patience = 600_000;
const asOf = '2011-12-09T13:00:00Z';
const events = 109_485;
const spec = fileURLToPath(new URL('../../examples/shop.yaml', import.meta.url));

interface Summary {
  readonly line: number;
  readonly accepted: number;
  readonly refused: number;
  readonly profiles: number;
  readonly lag: number;
  readonly model: string;
  readonly firstRecommendationMs: number;
}

let folder: string;
let profileIds: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-start-'));
  const ids = new Set<string>();
  for await (const event of readSample()) ids.add(profileIdOf(event)!);
  profileIds = [...ids];
});

afterAll(() => rmSync(folder, { recursive: true }));

const start = (data: string, ...args: readonly string[]): Command =>
  likeness('start', '--json', '--port', '0', '--data', data, ...args);

/** Runs `work` against a pipeline on the folder, then stops it. */
async function whileUp<T>(data: string, work: (addresses: Addresses) => Promise<T>): Promise<T> {
  const up = likeness('up', spec, '--data', data, '--port', '0', '--json');
  try {
    return await work(await untilUp(up));
  } finally {
    up.kill('SIGTERM');
    expect(await up.ended).toMatchObject({ code: 0 });
  }
}

/** Every profile of the sample at one moment, in canonical JSON. */
async function readProfiles({ serving }: Addresses): Promise<Map<string, string>> {
  const profiles = new Map<string, string>();
  for (let first = 0; first < profileIds.length; first += 100) {
    const body = JSON.stringify({ ids: profileIds.slice(first, first + 100), asOf });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${serving}/v1/profiles:batchGet`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { profiles: { id: string; attributes: object }[] };
    for (const { id, attributes } of answer.profiles) profiles.set(id, canonicalJson(attributes));
  }
  return profiles;
}

describe('npm start', () => {
  it(
    'sends the shop through the pipeline, says what came of it, and ends',
    async () => {
      const ended = await start(join(folder, 'alone'), '--once', '--rate', '0').ended;
      expect(ended).toMatchObject({ code: 0 });
      const summary = lastJson<Summary>(ended);
      expect(summary).toMatchObject({ line: events, accepted: events, refused: 0, lag: 0 });
      expect(summary.profiles).toBe(profileIds.length);
      expect(summary.model).toMatch(/^blend-/);
      expect(summary.firstRecommendationMs).toBeGreaterThan(0);
    },
    patience,
  );

  it(
    'goes on where it was, whether it was stopped or killed, to the same profiles',
    async () => {
      const data = join(folder, 'interrupted');
      const cursor = join(data, 'replay.json');
      const stopped = start(data, '--rate', '10000');
      await until(stopped, () => readCursor(cursor) >= 25_000 || undefined);
      stopped.kill('SIGTERM');
      expect(await stopped.ended).toMatchObject({ code: 0, stdout: '' });
      const whereItWas = readCursor(cursor);
      expect(whereItWas).toBeLessThan(events);

      const killed = start(data, '--once', '--rate', '10000');
      await until(killed, () => readCursor(cursor) >= 65_000 || undefined);
      killed.kill('SIGKILL');
      expect(await killed.ended).toMatchObject({ code: null, stdout: '' });

      const ended = await start(data, '--once', '--rate', '0').ended;
      expect(ended).toMatchObject({ code: 0 });
      const summary = lastJson<Summary>(ended);
      expect(summary).toMatchObject({ line: events, refused: 0, lag: 0, profiles: profileIds.length });
      expect(summary.accepted).toBeLessThan(events - whereItWas);

      const alone = await whileUp(join(folder, 'alone'), readProfiles);
      const interrupted = await whileUp(data, readProfiles);
      expect(alone.size).toBe(profileIds.length);
      for (const [id, attributes] of alone) expect(interrupted.get(id), id).toBe(attributes);
    },
    patience,
  );

  it(
    'recommends by its model after a new start, and gives its folder to one process only',
    async () => {
      const data = join(folder, 'alone');
      await whileUp(data, async ({ serving }) => {
        const response = await fetch(`${serving}/v1/recommendations/12748?n=5&asOf=${asOf}`);
        expect(await response.json()).toMatchObject({
          personalised: true,
          model: { name: 'next-item', version: expect.stringMatching(/^blend-/) },
          items: Array.from({ length: 5 }, () => ({ itemId: expect.any(String) })),
        });
        const second = await likeness('up', spec, '--data', data, '--port', '0').ended;
        expect(second.code).toBe(64);
        expect(second.stderr).toMatch(/is in use by process \d+: stop it, or choose another folder with --data/);
      });
    },
    patience,
  );
});
