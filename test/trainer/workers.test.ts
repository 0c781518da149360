/** Several workers as processes on a real Kafka, with their parts and the model in a real S3: the model of one process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { shopV1 } from '../../crds/presets/shop-v1.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectModelStore } from '../../services/shared/adapters/connect-model-store.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { Manifest } from '../../services/shared/learning/manifest.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { partitionOf } from '../../services/shared/partition.ts';
import { packLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';
import { startS3, type RunningS3 } from '../testbed/s3/s3.ts';
import { unique } from '../testbed/unique.ts';

const main = fileURLToPath(new URL('../../services/trainer/main.ts', import.meta.url));
const partitions = 6;
const workers = 3;
const namespace = unique('team');
const topics = Object.fromEntries(streams.map((stream) => [stream, `${namespace}.shop.${stream}.e1`]));
const prefix = `${namespace}/shop`;

let folder: string;
let s3: RunningS3;
let broker: Broker;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-workers-'));
  s3 = await startS3();
  const kafka = inject('kafka');
  broker = await connectBroker({ kafka, clientId: namespace });
  writeFileSync(join(folder, 'signing.pem'), generateSigningKey().privatePem);
  env = {
    PATH: process.env['PATH']!,
    LIKENESS_NAMESPACE: namespace,
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_KAFKA: kafka,
    LIKENESS_S3_ENDPOINT: s3.endpoint,
    LIKENESS_S3_BUCKET: s3.bucket,
    LIKENESS_S3_PREFIX: prefix,
    LIKENESS_S3_CREDENTIALS: s3.credentials,
    LIKENESS_SIGNING_KEY: join(folder, 'signing.pem'),
    LIKENESS_SPEC: JSON.stringify(shopV1),
  };
  await broker.createTopics([
    { name: topics['events-clean']!, partitions },
    { name: topics['models']!, partitions: 1, compacted: true },
  ]);
  await write();
}, 900_000);
afterAll(async () => {
  await broker?.close();
  await s3?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Three hundred shoppers; every other one begins as a visitor, in another partition than the user's. */
async function write(): Promise<void> {
  const lines: string[][] = Array.from({ length: partitions }, () => []);
  const event = (profile: string, at: number, more: object) => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
    const line = { id: `e${profile}-${at}`, type: 'purchase', userId: null, profile, itemId: null, time, ...more };
    lines[partitionOf(profile, partitions)]!.push(JSON.stringify(line));
  };
  for (let shopper = 0; shopper < 300; shopper++) {
    const user = `u${shopper}`;
    const visitor = shopper % 2 === 0 ? `v${shopper}` : user;
    for (let step = 0; step < 12; step++) {
      const place = step % 3 === 2 ? Math.imul(shopper * 12 + step, 0x9e3779b1) >>> 8 : shopper * 7 + step;
      event(step < 6 ? visitor : user, shopper + step * 300, { itemId: `item-${place % 60}` });
    }
    const link = { type: 'identify', userId: user, anonymousId: visitor };
    if (visitor !== user) for (const profile of [visitor, user]) event(profile, shopper + 5 * 300 + 1, link);
  }
  const producer = await broker.producer();
  const records = lines.flatMap((own, partition) => packLines(own).map((value) => ({ partition, value })));
  await producer.send(topics['events-clean']!, records);
  await producer.close();
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function start(runId: string, worker?: number): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const shared = { LIKENESS_TRAINERS: String(workers), JOB_COMPLETION_INDEX: String(worker) };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...env, LIKENESS_RUN_ID: runId, ...(worker !== undefined && shared) },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
  return { child, ended };
}

/** In the folder of the S3 server. */
async function partsOf(runId: string): Promise<string[]> {
  const run = join(s3.folder, prefix, 'runs', `${namespace}.shop`, runId);
  return readdir(run).catch(() => []);
}

async function manifestOf({ output }: Ended): Promise<Manifest> {
  const line = output.split('\n').find((text) => text.includes('"candidate announced"'));
  const { digest } = JSON.parse(line!) as { digest: string };
  const files = await connectModelStore(env).get(digest);
  return JSON.parse(Buffer.from(files.get('manifest.json')!).toString('utf8')) as Manifest;
}

function expectSame(found: Manifest, expected: Manifest): void {
  for (const fact of ['files', 'events', 'profiles', 'items', 'offsets'] as const)
    expect(found[fact]).toEqual(expected[fact]);
  for (const [name, value] of Object.entries(expected.metrics))
    expect(Math.abs(found.metrics[name]! - value), name).toBeLessThan(1e-9);
}

it('three processes, one of them killed on the way and started again, make the model of one', async () => {
  const single = await start('single').ended;
  expect(single).toMatchObject({ code: 0 });
  const expected = await manifestOf(single);
  expect(expected).toMatchObject({ events: 3600, profiles: 300, items: 60 });

  const runId = 'shared';
  const first = start(runId, 0);
  const victim = start(runId, 1);
  // It has told what it is asked to, and waits for the third.
  while (!(await partsOf(runId)).includes('next-item.links.1')) await sleep(50);
  victim.child.kill('SIGKILL');
  expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
  const others = [start(runId, 1), start(runId, 2)];
  const [announcing, ...rest] = await Promise.all([first, ...others].map(({ ended }) => ended));
  expect([announcing, ...rest].map((one) => one!.code)).toEqual([0, 0, 0]);
  expectSame(await manifestOf(announcing!), expected);
  for (const { output } of rest) expect(output).not.toContain('candidate announced');

  expect(await partsOf(runId)).toEqual(['over']);
  const late = await start(runId, 2).ended;
  expect(late).toMatchObject({ code: 0, output: expect.stringContaining('the run is over already') });
});

it('a worker that waits in vain ends with 69, so that its pod is tried again', async () => {
  env = { ...env, LIKENESS_TRAINERS_PATIENCE_MS: '1' };
  const ended = await start('in-vain', 0).ended;
  expect(ended).toMatchObject({ code: 69, output: expect.stringContaining('WorkerMissing') });
});
