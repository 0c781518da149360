/** The trainer as a process: its exit codes tell bad configuration, bad data and infrastructure apart. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shopV1 } from '../../crds/presets/shop-v1.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { streams } from '../../services/shared/streams.ts';

const main = fileURLToPath(new URL('../../services/trainer/main.ts', import.meta.url));
const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));

describe('the trainer process', () => {
  let folder: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-trainer-'));
    await writeFile(join(folder, 'signing.pem'), generateSigningKey().privatePem);
    env = {
      PATH: process.env['PATH']!,
      LIKENESS_PIPELINE: 'shop',
      LIKENESS_PARTITIONS: '1',
      LIKENESS_TOPICS: JSON.stringify(topics),
      LIKENESS_DATA: folder,
      LIKENESS_MODELS: join(folder, 'models'),
      LIKENESS_RUN_ID: 'run-1',
      LIKENESS_SIGNING_KEY: join(folder, 'signing.pem'),
      LIKENESS_SPEC: JSON.stringify(shopV1),
    };
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Writes `events` to a fresh log, runs the process to its end, and gives its exit code and last log line. */
  async function runTrainer(changes: Record<string, string> = {}, events = 0) {
    const broker = await openEmbeddedBroker(join(folder, 'log'));
    const names = [topics['events-clean']!, topics['models']!];
    await broker.createTopics(names.map((name) => ({ name, partitions: 1, compacted: name === names[1] })));
    const lines = Array.from({ length: events }, (_, at) => {
      const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
      const [profile, itemId] = [`u${at % 30}`, `i${(at + Math.floor(at / 30)) % 20}`];
      return JSON.stringify({ id: `e${at}`, type: 'purchase', userId: profile, profile, itemId, time });
    });
    const producer = await broker.producer();
    if (events > 0) await producer.send(names[0]!, [{ partition: 0, value: Buffer.from(lines.join('\n')) }]);
    await producer.close();
    await broker.close();
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      env: { ...env, ...changes },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    const logged = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { code, logged, last: logged.at(-1)! };
  }

  it('announces a candidate and exits with 0', async () => {
    const { code, logged } = await runTrainer({}, 600);
    expect(code).toBe(0);
    const announced = logged.find(({ msg }) => msg === 'candidate announced')!;
    const manifest = await readFile(join(folder, 'models', String(announced['digest']), 'manifest.json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ runId: 'run-1', events: 600, version: announced['version'] });
  });

  it('exits with 65 where there are too few events', async () => {
    expect(await runTrainer({}, 20)).toMatchObject({ code: 65, last: { code: 'BadData' } });
  });

  it('exits with 64 for a bad environment or a key that is none', async () => {
    expect(await runTrainer({ LIKENESS_RUN_ID: '' })).toMatchObject({ code: 64, last: { code: 'BadConfig' } });
    const missing = { LIKENESS_SIGNING_KEY: join(folder, 'none.pem') };
    expect(await runTrainer(missing)).toMatchObject({ code: 64, last: { code: 'BadConfig' } });
  });

  it('exits with 69 where the model cannot be stored', async () => {
    const file = { LIKENESS_MODELS: join(folder, 'signing.pem') };
    expect(await runTrainer(file, 600)).toMatchObject({ code: 69, last: { code: 'StoreUnavailable' } });
  });
});
