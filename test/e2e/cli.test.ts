/** The `likeness` command against a running pipeline: answers for people, answers for machines, and exit codes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayFile } from '../../cli/replay.ts';
import { type LaunchedPipeline, launchPipeline } from '../../cli/up.ts';
import { readSample } from '../../examples/data/read.ts';
import { readImportKey } from '../../operator/local/keys.ts';
import type { DeadLetter, SentEvent } from '../../services/shared/event.ts';
import { type Ended, lastJson, likeness, main, readCursor, until } from './command.ts';

const patience = 300_000;
const sampleEvents = 3000;
const customer = '17733';
const fullSpec = fileURLToPath(new URL('../../examples/full.yaml', import.meta.url));
const spec = fileURLToPath(new URL('../../examples/shop.yaml', import.meta.url));

let folder: string;
let data: string;
let pipeline: LaunchedPipeline;
let url: string;
let key: readonly string[];
/** The first events of the shop, which the pipeline has taken in. */
let sample: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
  data = join(folder, 'data');
  pipeline = await launchPipeline({ spec, data, port: 0, logLevel: 'warn' });
  url = pipeline.backend.urls().serving;
  key = ['--key', join(data, 'keys', 'import-key')];
  const lines: string[] = [];
  for await (const event of readSample()) {
    lines.push(JSON.stringify(event));
    if (lines.length === sampleEvents) break;
  }
  sample = writeFile('sample.jsonl', lines);
  await replayFile({ file: sample, to: url, key: readImportKey(data) });
  await untilSettled();
});

afterAll(async () => {
  await pipeline?.stop();
  rmSync(folder, { recursive: true });
});

const run = (...args: readonly string[]): Promise<Ended> => likeness(...args).ended;

function writeFile(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, lines.join('\n'));
  return file;
}

const purchase = (id: string, fields: Partial<SentEvent> = {}): SentEvent => {
  const time = new Date().toISOString();
  return { id, type: 'purchase', userId: 'u-1', itemId: '22086', time, value: 1, quantity: 1, ...fields };
};

/** Accepted, cleaned and in a profile, or refused on the way. */
async function untilSettled(): Promise<void> {
  for (;;) {
    const { lag } = await pipeline.backend.observe();
    if (lag.cleaner === 0 && lag.feature === 0) return;
    // The embedded log answers without I/O: without a pause nothing else would get its turn.
    await sleep(50);
  }
}

describe('likeness replay', () => {
  it(
    'keeps to its rate, remembers where it was when it is stopped, and goes on there',
    async () => {
      const cursor = join(folder, 'cursor.json');
      const args = ['replay', sample, '--to', url, ...key, '--cursor', cursor, '--json'];
      // At one event a second, the second batch is due in four minutes.
      const slow = likeness(...args, '--rate', '1');
      await until(slow, () => readCursor(cursor) > 0 || undefined);
      expect(await run('version')).toMatchObject({ code: 0 });
      expect(readCursor(cursor)).toBe(250);
      slow.kill('SIGTERM');
      await slow.ended;
      const ended = await run(...args);
      expect(ended).toMatchObject({ code: 0 });
      expect(lastJson(ended)).toEqual({
        line: sampleEvents,
        accepted: sampleEvents - 250,
        refused: 0,
        problems: [],
      });
      expect(lastJson(await run(...args))).toMatchObject({ line: sampleEvents, accepted: 0 });
    },
    patience,
  );

  it('says which lines were refused and why, and ends with 65', async () => {
    const good = JSON.stringify(purchase('good'));
    const { time: _, ...timeless } = purchase('timeless');
    const file = writeFile('odd.jsonl', [good, '{"id": "no-json"', JSON.stringify(timeless)]);
    const ended = await run('replay', file, '--to', url, '--json');
    expect(ended).toMatchObject({ code: 65 });
    expect(lastJson(ended)).toMatchObject({ line: 3, accepted: 1, refused: 2 });
    expect(ended.stderr).toMatch(/^refused .*no-json/m);
    expect(ended.stderr).toMatch(/^refused .*time.*timeless/m);
    const forPeople = await run('replay', file, '--to', url);
    expect(forPeople.stdout).toBe('1 accepted, 2 refused\n');
  });

  it('names a file that is not there', async () => {
    const ended = await run('replay', join(folder, 'none.jsonl'), '--to', url);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(/^NotFound: There is no file .*none\.jsonl$/m);
  });
});

describe('likeness profile', () => {
  it('shows a profile to people and to machines', async () => {
    const moment = ['--as-of', '2011-12-10T00:00:00Z', '--url', url];
    const forPeople = await run('profile', customer, ...moment);
    expect(forPeople).toMatchObject({ code: 0 });
    expect(forPeople.stdout).toMatch(/^firstSeen +2011-11-01T08:16:00\.000Z$/m);
    const forMachines = await run('profile', customer, ...moment, '--json');
    expect(lastJson(forMachines)).toMatchObject({
      id: customer,
      asOf: '2011-12-10T00:00:00.000Z',
      attributes: { firstSeen: { value: '2011-11-01T08:16:00.000Z' } },
    });
  });

  it.each([
    ['nobody', [], /^NotFound: No event of the profile "nobody"/m],
    [customer, ['--as-of', '2011-01-01T00:00:00Z'], /^AsOfBeforeState: .*2011-11-01T/m],
  ])('says why it has none of %s %j', async (id, args, said) => {
    const ended = await run('profile', id, ...args, '--url', url);
    expect(ended).toMatchObject({ stdout: '' });
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(said);
  });

  it('says what to do if nothing answers', async () => {
    const ended = await run('profile', customer, '--url', 'http://127.0.0.1:9');
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain('Nothing answers at http://127.0.0.1:9. Is the pipeline up? (likeness up SPEC)');
  });
});

interface Recommended {
  readonly items: readonly { readonly itemId: string }[];
  readonly model: { readonly version: string };
}

describe('likeness recommend', () => {
  it(
    'recommends by the model, with titles for people',
    async () => {
      while ((await pipeline.backend.observe()).model === undefined) await sleep(100);
      const ask = (...more: readonly string[]) => run('recommend', customer, '-n', '3', '--url', url, ...more);
      // Serving follows the stream of models on its own, and a growing log may bring another model in between.
      let [forMachines, forPeople] = [await ask('--json'), await ask()];
      while (forMachines.code !== 0 || !forPeople.stderr.includes(lastJson<Recommended>(forMachines).model.version))
        [forMachines, forPeople] = [await ask('--json'), await ask()];
      const answer = lastJson<Recommended>(forMachines);
      expect(answer).toMatchObject({ personalised: true, model: { version: expect.stringMatching(/^blend-/) } });
      const shown = forPeople.stdout.trim().split('\n');
      expect(shown.map((line) => line.split(' ')[0])).toEqual(answer.items.map(({ itemId }) => itemId));
      for (const line of shown) expect(line).toMatch(/^\S+ +\d+\.\d{4} {2}\S/);
    },
    patience,
  );
});

describe('likeness dead-letters', () => {
  it(
    'lists what was refused with its reason, and sends it again',
    async () => {
      const events = [
        purchase('unknown-type', { type: 'teleport' }),
        purchase('no-value', { value: null }),
        purchase('from-the-future', { time: '2099-01-01T00:00:00.000Z' }),
      ];
      const file = writeFile(
        'refused.jsonl',
        events.map((event) => JSON.stringify(event)),
      );
      expect(await run('replay', file, '--to', url)).toMatchObject({ code: 0 });
      await untilSettled();
      const list = async (...args: readonly string[]): Promise<DeadLetter[]> => {
        const ended = await run('dead-letters', 'list', '--data', data, '--since', '1h', '--json', ...args);
        expect(ended).toMatchObject({ code: 0 });
        return ended.stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as DeadLetter);
      };
      const letters = await list();
      const reasons = Object.fromEntries(letters.map(({ event, reason }) => [(event as SentEvent).id, reason]));
      expect(reasons).toEqual({
        'unknown-type': 'UnknownEventType',
        'no-value': 'MissingField',
        'from-the-future': 'FutureTime',
      });
      expect(await list('--reason', 'MissingField')).toHaveLength(1);
      expect(await list('--limit', '2')).toHaveLength(2);

      const again = ['dead-letters', 'replay', '--data', data, '--to', url, '--reason', 'MissingField', '--json'];
      const replayed = await run(...again);
      expect(replayed).toMatchObject({ code: 0 });
      expect(lastJson(replayed)).toMatchObject({ reason: 'MissingField', outcome: 'accepted' });
      await untilSettled();
      // Nothing was mended, so it is refused again.
      expect(await list('--reason', 'MissingField')).toHaveLength(2);
      const forPeople = await run('dead-letters', 'list', '--data', data, '--reason', 'UnknownEventType');
      expect(forPeople.stdout).toMatch(/UnknownEventType {2}cleaner .*unknown-type/);
    },
    patience,
  );

  it('says what to do where no pipeline has run', async () => {
    const ended = await run('dead-letters', 'list', '--data', join(folder, 'empty'));
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toMatch(/NotFound: No pipeline has run in .*empty: name its folder with --data/);
  });
});

describe('likeness validate and version', () => {
  it('validates as a command', async () => {
    const good = await run('validate', spec, '--json');
    expect(good).toMatchObject({ code: 0 });
    expect(lastJson(good)).toMatchObject({ ok: true });
    const bad = writeFile('bad.yaml', [
      'apiVersion: likeness.dev/v1alpha1',
      'kind: ProfilePipeline',
      'spec: {models: 1}',
    ]);
    const ended = await run('validate', bad, '--json');
    expect(ended).toMatchObject({ code: 64 });
    expect(lastJson<{ errors: { path: string }[] }>(ended).errors.map(({ path }) => path)).toContain('spec.models');
  });

  it('knows its version', async () => {
    expect((await run('version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(lastJson(await run('version', '--json'))).toEqual({
      version: expect.stringMatching(/^\d/),
      node: process.version,
    });
  });

  it('shows its help for a command that there is not', async () => {
    const ended = await run('perform');
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain("unknown command 'perform'");
  });

  it('ends quietly where its reader has read enough', async () => {
    const script = '{ "$0" "$1" render "$2" || echo "code $?" >&2; } | true';
    const { stderr } = await promisify(execFile)('sh', ['-c', script, process.execPath, main, fullSpec]);
    expect(stderr).not.toMatch(/EPIPE|code/);
  });

  it('says what to do about a port that is taken', async () => {
    const { port } = new URL(url);
    const ended = await run('up', spec, '--data', join(folder, 'second'), '--port', port);
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining(`port ${port}: end it, or`) });
    expect(ended.stderr).toContain('--port');
  });
});
