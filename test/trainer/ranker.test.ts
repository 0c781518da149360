/** A ranker trained by the process, on WebAssembly and on native TensorFlow: it gets into the artifact, and outlives being told to end. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shopV1 } from '../../crds/presets/shop-v1.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import { nativeHome } from '../../services/shared/adapters/tensor/open.ts';
import { openArtifact } from '../../services/shared/learning/artifact.ts';
import { generateSigningKey, parsePublicKey } from '../../services/shared/learning/signing.ts';
import { streams } from '../../services/shared/streams.ts';

const main = fileURLToPath(new URL('../../services/trainer/main.ts', import.meta.url));
const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));
const minute = 60_000;

/** What somebody buys third goes by the first two together: no sum over single items can tell. */
function lines(): string[] {
  return Array.from({ length: 500 }, (_, profile) => {
    const second = (profile * 7) % 20;
    const isUp = Math.floor(profile / 20) % 2 === 0;
    const third = (second + (isUp ? 1 : 19)) % 20;
    return [isUp ? 'up' : 'down', `i${second}`, `i${third}`].map((itemId, at) => {
      const time = new Date(Date.UTC(2026, 0, 1) + (profile * 3 + at) * minute).toISOString();
      const id = `e${profile}.${at}`;
      return JSON.stringify({ id, type: 'purchase', userId: `u${profile}`, profile: `u${profile}`, itemId, time });
    });
  }).flat();
}

const ranker = {
  dimension: 16,
  length: 4,
  negatives: 22,
  learningRate: '0.01',
  dropout: '0.1',
  epochs: 12,
  patience: 12,
  heads: { nextCategory: false, propensity: [{ name: 'buys', events: ['purchase'], within: '1h' }] },
  search: { trials: 3 },
};
const spec = {
  ...shopV1,
  models: shopV1.models.map((model) => ({ ...model, recommend: { ...model.recommend, ranker } })),
};

let folder: string;
let pair: ReturnType<typeof generateSigningKey>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-ranker-'));
  pair = generateSigningKey();
  await writeFile(join(folder, 'signing.pem'), pair.privatePem);
});
afterAll(() => rm(folder, { recursive: true }));

async function shop(name: string) {
  const data = join(folder, name);
  await mkdir(data);
  const broker = await openEmbeddedBroker(join(data, 'log'));
  const names = [topics['events-clean']!, topics['models']!];
  await broker.createTopics(names.map((topic) => ({ name: topic, partitions: 1, compacted: topic === names[1] })));
  const producer = await broker.producer();
  await producer.send(names[0]!, [{ partition: 0, value: Buffer.from(lines().join('\n')) }]);
  await producer.close();
  await broker.close();
  return data;
}

interface Changes {
  /** Tells it to end once it logs such a phase. */
  readonly endAt?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const noNative = { LIKENESS_NATIVE: '/nowhere' };
const native = { LIKENESS_NATIVE: nativeHome(process.env), LIKENESS_GPUS: '0' };

/** Runs the trainer to its end. */
async function train(data: string, { endAt, env = noNative }: Changes = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: {
      PATH: process.env['PATH']!,
      LIKENESS_PIPELINE: 'shop',
      LIKENESS_PARTITIONS: '1',
      LIKENESS_TOPICS: JSON.stringify(topics),
      LIKENESS_DATA: data,
      LIKENESS_MODELS: join(data, 'models'),
      LIKENESS_RUN_ID: 'run-1',
      LIKENESS_SIGNING_KEY: join(folder, 'signing.pem'),
      LIKENESS_SPEC: JSON.stringify(spec),
      ...env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (child.killed || endAt === undefined || !output.includes(endAt)) return;
    child.kill('SIGTERM');
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const logged = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const digest = logged.find(({ msg }) => msg === 'candidate announced')?.['digest'];
  return { code, logged, digest: String(digest) };
}

async function open(data: string, digest: string) {
  const place = join(data, 'models', digest);
  const names = await readdir(place);
  const files = new Map<string, Uint8Array>();
  for (const name of names) files.set(name, await readFile(join(place, name)));
  return { files, loaded: openArtifact(files, [parsePublicKey(pair.publicPem, 'the pair')], digest) };
}

it.each([
  ['wasm', noNative],
  ['native-cpu', native],
])('gives the same model as one that nobody interrupted: %s', { timeout: 300_000 }, async (backend, env) => {
  const [whole, ended] = [await shop(`${backend}-whole`), await shop(`${backend}-ended`)];
  const uninterrupted = await train(whole, { env });
  expect(uninterrupted.code).toBe(0);
  for (const phase of ['trial 1, epoch 1,', ', epoch 6,']) {
    const { code, logged } = await train(ended, { endAt: phase, env });
    expect({ code, last: logged.at(-1) }).toMatchObject({ code: 69, last: { code: 'Interrupted' } });
  }
  const resumed = await train(ended, { env });
  expect(resumed.code).toBe(0);
  // Trials that were over are not trained again.
  expect(resumed.logged.some(({ phase }) => String(phase).includes('trial 1, epoch 1,'))).toBe(false);

  const [one, other] = [await open(whole, uninterrupted.digest), await open(ended, resumed.digest)];
  expect(one.loaded.manifest.kind).toMatch(/^ranker/);
  expect(one.loaded.manifest.files.map(({ name }) => name)).toContain('ranker.weights');
  expect(other.loaded.manifest.files).toEqual(one.loaded.manifest.files);
  expect(other.loaded.manifest.metrics).toEqual(one.loaded.manifest.metrics);
  const { metrics, report } = one.loaded.manifest;
  expect(metrics['ndcg@10']).toBeGreaterThan(metrics['blend.ndcg@10']!);
  expect(metrics['heads.propensity.buys.examples']).toBeGreaterThan(50);
  expect(metrics['heads.propensity.buys.logLoss']).toBeLessThan(metrics['heads.propensity.buys.logLossOfBaseRate']!);
  expect(report).toMatchObject({ rankerBackend: backend, rankerTrainings: 4, rankerStart: 'random numbers' });
  const { trials } = JSON.parse(Buffer.from(one.files.get('ranker-trials.json')!).toString()) as { trials: unknown[] };
  expect(trials).toHaveLength(4);
  expect(await readdir(join(ended, 'models', '.runs', 'default.shop', 'run-1'))).toEqual([]);
});

it('ends with NoGpu where GPUs are asked for that are not there', { timeout: 60_000 }, async () => {
  const { code, logged } = await train(await shop('no-gpu'), { env: { ...native, LIKENESS_GPUS: '64' } });
  expect({ code, last: logged.at(-1) }).toMatchObject({ code: 64, last: { code: 'NoGpu', exitCode: 64 } });
});
