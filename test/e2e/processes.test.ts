/** `likeness up --processes`: the same spec on real Kafka and Redis, each service a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readSample } from '../../examples/data/read.ts';
import { unique } from '../testbed/unique.ts';
import { lastJson, likeness, statusOf, until, untilUp } from './command.ts';

const patience = 300_000;
const customer = '17733';

let folder: string;
let spec: string;
let data: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-processes-'));
  data = join(folder, 'data');
  spec = join(folder, 'shop.yaml');
  const name = unique('up');
  writeFileSync(
    spec,
    `apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: ${name}}\nspec: {}\n`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The first events of the sample, as a file. */
async function writeEvents(count: number): Promise<string> {
  const lines: string[] = [];
  for await (const event of readSample()) {
    lines.push(JSON.stringify(event));
    if (lines.length === count) break;
  }
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, lines.join('\n'));
  return file;
}

describe('likeness up --processes', () => {
  it.each([
    [[], '--kafka ADDRESS and --redis URL'],
    [['--redis', 'redis://127.0.0.1:6379'], '--kafka ADDRESS'],
    [['--kafka', '127.0.0.1:9092'], '--redis URL'],
  ])('given %j ends with 2 and names %s', async (addresses, missing) => {
    const ended = await likeness('up', spec, '--processes', '--data', data, ...addresses).ended;
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(`add ${missing} (or name them in the spec)`);
  });

  it(
    'serves a profile and a recommendation, and takes its processes with it',
    async () => {
      const addresses = ['--kafka', inject('kafka'), '--redis', inject('redis')];
      const up = likeness('up', spec, '--processes', ...addresses, '--port', '0', '--data', data, '--json');
      const { serving, ingest } = await untilUp(up);
      expect(serving).not.toBe(ingest);
      const key = ['--key', join(data, 'keys', 'import-key')];
      const replay = await likeness('replay', await writeEvents(5000), '--to', ingest, ...key, '--json').ended;
      expect(replay).toMatchObject({ code: 0 });
      expect(lastJson(replay)).toMatchObject({ accepted: 5000, refused: 0 });

      const ask = async (...args: readonly string[]) => {
        const ended = await likeness(...args, '--url', serving, '--json').ended;
        return ended.code === 0 ? lastJson<Record<string, unknown>>(ended) : undefined;
      };
      const profile = await until(up, () => ask('profile', customer, '--as-of', '2011-12-10T00:00:00Z'));
      expect(profile).toMatchObject({ id: customer, attributes: { firstSeen: { value: '2011-11-01T08:16:00.000Z' } } });
      const recommendation = await until(up, () => ask('recommend', customer));
      expect(recommendation['items']).toHaveLength(10);
      expect(recommendation).toMatchObject({ personalised: true, model: { name: 'next-item' } });

      up.kill('SIGTERM');
      expect(await up.ended).toMatchObject({ code: 0 });
      expect(await Promise.all([serving, ingest].map((url) => statusOf(`${url}/livez`)))).toEqual([0, 0]);
    },
    patience,
  );
});
