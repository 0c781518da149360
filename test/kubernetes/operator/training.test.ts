/** Trainings and promotions under the operator, on a real control plane with GPU nodes and a real stream of models. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { runPromote, runRetrain } from '../../../cli/cluster/wishes.ts';
import type { ModelStatus, TrainingStatus } from '../../../crds/status.ts';
import type { KubeObject } from '../../../operator/kubernetes/runtime/resource.ts';
import { patchReport } from '../../../services/shared/adapters/config-map-report.ts';
import { candidateKey, gateKey } from '../../../services/shared/model-stream.ts';
import type { ActiveMessage, CandidateMessage, GateMessage } from '../../../services/shared/model-stream.ts';
import type { Service } from '../../../services/shared/service.ts';
import { example, startWorld, type World } from './world.ts';

type Job = KubeObject & { readonly status?: { readonly active?: number } };
interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
}

let world: World;
let operator: Service;
let admin: Admin;
let producer: Producer;

beforeAll(async () => {
  // A training's pod runs until a test says otherwise.
  world = await startWorld({ jobsRunFor: null });
  operator = await world.startOperator(env);
  const kafka = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
});
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect()]);
  await world?.stop();
});
afterEach(() => expect(world.fatal).toEqual([]));

/** Streams say what no watch does. */
const env = { LIKENESS_REFRESH_SECONDS: '1' };
const patience = { timeout: 60_000, interval: 250 };

/** `more` is added to the spec. */
async function create(namespace: string, training: object): Promise<void> {
  await world.namespace(namespace);
  const yaml = `${example('shop.yaml')}\n  training: ${JSON.stringify(training)}\n`;
  await world.cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input: yaml });
  await becomes(namespace, 'TopicsReady', 'True Ready');
}

const becomes = (namespace: string, type: string, wanted: string) =>
  expect.poll(() => world.condition(namespace, type), patience).toBe(wanted);

const annotate = (namespace: string, ...values: string[]) =>
  world.cluster.kubectl(['annotate', 'ppl', 'shop', '-n', namespace, '--overwrite', ...values]);

const patchSpec = (namespace: string, spec: object) =>
  world.cluster.kubectl(['patch', 'ppl', 'shop', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);

const patch = (namespace: string, training: object) => patchSpec(namespace, { training });

const jobs = async (namespace: string) => (await world.get<{ items: Job[] }>('-n', namespace, 'jobs')).items;
const jobCount = (namespace: string, wanted: number) =>
  expect.poll(async () => (await jobs(namespace)).length, patience).toBe(wanted);

const trainingOf = async (namespace: string): Promise<TrainingStatus> =>
  (await world.pipeline(namespace)).status?.training ?? {};
const modelOf = async (namespace: string): Promise<ModelStatus> =>
  (await world.pipeline(namespace)).status?.model ?? {};
const phaseBecomes = (namespace: string, wanted: string) =>
  expect.poll(async () => (await trainingOf(namespace)).phase, patience).toBe(wanted);

async function trainerPods(namespace: string, phase?: string): Promise<Pod[]> {
  const selected = [
    '-l',
    'app.kubernetes.io/component=trainer',
    ...(phase ? [`--field-selector=status.phase=${phase}`] : []),
  ];
  return (await world.get<{ items: Pod[] }>('-n', namespace, 'pods', ...selected)).items;
}

/** Lets the training's pods that run now end. */
async function end(namespace: string, code = 0): Promise<void> {
  const exit = code === 0 ? [] : [`testbed.likeness.dev/exit-code=${code}`];
  await expect.poll(async () => (await trainerPods(namespace, 'Running')).length, patience).toBeGreaterThan(0);
  for (const { metadata } of await trainerPods(namespace, 'Running'))
    await world.cluster.kubectl([
      'annotate',
      'pod',
      metadata.name,
      '-n',
      namespace,
      '--overwrite',
      ...exit,
      'testbed.likeness.dev/run-for=1ms',
    ]);
}

const send = (topic: string, key: string, message: object) =>
  producer.send({ topic, messages: [{ key, value: JSON.stringify(message), partition: 0 }] });

/** Something that the operator takes for the first clean events. */
const firstEvents = (namespace: string) => send(`${namespace}.shop.events-clean.e1`, 'u1', { id: 'e-1' });

/** As a trainer would announce it and the gate judge it, at once, so that no Job of the gate is made. */
async function announce(namespace: string, version: string, ndcg = 0.1): Promise<void> {
  const candidate: CandidateMessage = {
    kind: 'candidate',
    runId: `run-${version}`,
    model: 'next-item',
    version,
    digest: `digest-of-${version}`,
    trainedAt: '2026-01-01T00:00:00.000Z',
    events: 1000,
    metrics: { 'ndcg@10': ndcg, 'popularity.ndcg@10': 0.01 },
  };
  const { runId, model, digest } = candidate;
  const verdict = ndcg < 0.01 ? 'Refused' : 'Passed';
  const against = (await modelOf(namespace))?.active?.digest ?? null;
  const said = { verdict, reasons: ['as it was told'], figures: {}, judgedAt: candidate.trainedAt } as const;
  const gate: GateMessage = { kind: 'gate', runId, model, version, digest, against, ...said };
  const messages = Object.entries({ [candidateKey(runId)]: candidate, [gateKey(runId)]: gate });
  await producer.send({
    topic: `${namespace}.shop.models.e1`,
    messages: messages.map(([key, message]) => ({ key, value: JSON.stringify(message), partition: 0 })),
  });
}

/** What serving would follow: the messages `active`, in their order. */
async function activated(namespace: string): Promise<ActiveMessage[]> {
  const consumer = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).consumer({
    groupId: `test-${namespace}-${Date.now()}`,
  });
  const topic = `${namespace}.shop.models.e1`;
  const high = Number((await admin.fetchTopicOffsets(topic))[0]!.high);
  const found: ActiveMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({
      message,
    }: {
      message: { key: Buffer | null; value: Buffer | null; offset: string };
    }) => {
      if (message.key?.toString().startsWith('active/'))
        found.push(JSON.parse(message.value!.toString()) as ActiveMessage);
      if (Number(message.offset) === high - 1) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

const summary = (messages: readonly ActiveMessage[]) =>
  messages.map(({ version, generation, canaryPercent }) => `${generation} ${version} ${canaryPercent}%`);

const cliOptions = (namespace: string) => ({
  namespace,
  kubeconfig: world.cluster.kubeconfig,
  version: '0.1.0',
  now: Date.now(),
});
const terminal = { print: () => undefined, note: () => undefined, status: () => undefined };

describe('a training', () => {
  const namespace = 'trained';

  it('waits for the first events, and then runs on a GPU node, which the status names', async () => {
    await create(namespace, { historyLimit: 2, retries: 0, retrain: { mode: 'Never' } });
    await expect.poll(async () => (await trainingOf(namespace)).message, patience).toContain('waits for events');
    expect(await jobs(namespace)).toEqual([]);
    await firstEvents(namespace);
    await phaseBecomes(namespace, 'Running');
    const [pod] = await trainerPods(namespace);
    expect(pod!.spec.nodeName).toMatch(/^gpu-/);
    const training = await trainingOf(namespace);
    expect(training).toMatchObject({ trigger: 'Initial', gpus: '1 nvidia.com/gpu', runs: 1, node: pod!.spec.nodeName });
    expect(training.jobName).toMatch(/^shop-train-[0-9a-f]{8}$/);
  });

  it('says how far it is, by the token of its pod, which may say nothing else', async () => {
    const { runId } = await trainingOf(namespace);
    const folder = mkdtempSync(join(tmpdir(), 'likeness-token-'));
    writeFileSync(
      join(folder, 'token'),
      await world.cluster.kubectl(['create', 'token', 'shop-trainer', '-n', namespace]),
    );
    writeFileSync(join(folder, 'ca.crt'), world.cluster.ca);
    const { hostname: host, port } = new URL(world.cluster.url);
    const report = { namespace, name: 'shop-trainer-report', runId: runId!, host, port: Number(port), folder };
    await patchReport(report, { percentage: 66, phase: 'fitting to all events' });
    await expect.poll(async () => (await trainingOf(namespace)).progressPercentage, patience).toBe(66);
    expect((await trainingOf(namespace)).message).toContain('fitting to all events');
    const other = patchReport({ ...report, name: 'kube-root-ca.crt' }, { percentage: 1, phase: '' });
    await expect(other).rejects.toThrow('403');
    rmSync(folder, { recursive: true });
  });

  it('ends, and its candidate goes into service', async () => {
    await announce(namespace, 'v1');
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
    await becomes(namespace, 'ModelReady', 'True InService');
    expect(await modelOf(namespace)).toMatchObject({
      name: 'next-item',
      phase: 'Active',
      active: { version: 'v1' },
      generation: 1,
    });
    expect(summary(await activated(namespace))).toEqual(['1 v1 100%']);
  });

  it('is begun once for one wish, and again for another', async () => {
    await runRetrain('shop', cliOptions(namespace), terminal);
    await jobCount(namespace, 2);
    await sleep(2000);
    expect(await jobs(namespace)).toHaveLength(2);
    expect(await trainingOf(namespace)).toMatchObject({ trigger: 'Manual', runs: 2 });
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
  });

  it('that fails makes the pipeline Degraded and leaves it Ready, with its model in service', async () => {
    await becomes(namespace, 'Ready', 'True Ready');
    await annotate(namespace, 'likeness.dev/retrain=fails');
    await phaseBecomes(namespace, 'Running');
    await end(namespace, 64);
    await becomes(namespace, 'Degraded', 'True TrainingFailed');
    expect(await world.condition(namespace, 'Ready')).toBe('True Ready');
    expect(await world.condition(namespace, 'ModelReady')).toBe('True InService');
    expect(await trainingOf(namespace)).toMatchObject({ phase: 'Failed', consecutiveFailures: 1 });
  });

  it('with too few events has not failed', async () => {
    await annotate(namespace, 'likeness.dev/retrain=too-few');
    await phaseBecomes(namespace, 'Running');
    await end(namespace, 65);
    await phaseBecomes(namespace, 'Idle');
    await becomes(namespace, 'Degraded', 'False Healthy');
    expect(await trainingOf(namespace)).toMatchObject({ consecutiveFailures: 0, runs: 4 });
  });

  it('is kept to look at as long as the history allows', async () => {
    await jobCount(namespace, 2);
    const { jobName } = await trainingOf(namespace);
    expect((await jobs(namespace)).map(({ metadata }) => metadata.name)).toContain(jobName);
  });

  it('is suspended with its pipeline, and goes on with it', async () => {
    await annotate(namespace, 'likeness.dev/retrain=suspended');
    await phaseBecomes(namespace, 'Running');
    const suspend = (value: boolean) => patchSpec(namespace, { suspend: value });
    await suspend(true);
    await phaseBecomes(namespace, 'Suspended');
    await expect.poll(async () => (await trainerPods(namespace, 'Running')).length, patience).toBe(0);
    await suspend(false);
    await phaseBecomes(namespace, 'Running');
    // Its GPU may be of the node that the next pipelines want whole.
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
  });
});

it('waits for a GPU while there is none, and the status says so', async () => {
  await create('crowded', { gpu: { count: 4, products: ['NVIDIA-H200'] } });
  await create('waiting', { gpu: { count: 4, products: ['NVIDIA-H200'] } });
  await firstEvents('crowded');
  await phaseBecomes('crowded', 'Running');
  await firstEvents('waiting');
  await phaseBecomes('waiting', 'Queued');
  expect((await trainingOf('waiting')).message).toContain('Insufficient nvidia.com/gpu');
  expect((await trainerPods('waiting'))[0]!.spec.nodeName).toBeUndefined();
  await end('crowded');
  await phaseBecomes('waiting', 'Running');
  expect((await trainingOf('waiting')).node).toBe('gpu-1');
  await end('waiting');
});

describe('on drift', () => {
  const namespace = 'drifting';
  const verdict = (id: string) =>
    world.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'shop-drift-report',
        namespace,
        labels: { 'likeness.dev/report': 'drift', 'likeness.dev/pipeline': 'shop' },
      },
      data: { verdict: JSON.stringify({ id, detector: 'HDDM_A', feature: 'views7d', score: 0.4 }) },
    });

  it('a verdict begins one training, a second one another after the cooldown, over a restart, within the budget', async () => {
    await create(namespace, { gpu: { count: 0 }, retrain: { mode: 'OnDrift', cooldown: '8s', maxPerDay: 3 } });
    await firstEvents(namespace);
    await phaseBecomes(namespace, 'Running');
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
    await verdict('v-7');
    await jobCount(namespace, 2);
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
    await verdict('v-8');
    await expect.poll(async () => (await trainingOf(namespace)).message, patience).toContain('cooldown');
    expect(await jobs(namespace)).toHaveLength(2);
    await operator.stop();
    // Lost: it is found again on the Jobs.
    await world.cluster.kubectl([
      'patch',
      'ppl',
      'shop',
      '-n',
      namespace,
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"training":null}}',
    ]);
    operator = await world.startOperator(env);
    await jobCount(namespace, 3);
    expect(await trainingOf(namespace)).toMatchObject({ trigger: 'Drift', handled: { Drift: 'v-8' } });
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
    await verdict('v-9');
    await expect.poll(async () => (await trainingOf(namespace)).message, patience).toContain('maxPerDay');
    await sleep(9000);
    expect(await jobs(namespace)).toHaveLength(3);
  });
});

describe('promotion', () => {
  const namespace = 'promoted';
  it('answers some profiles first, and then all', async () => {
    await create(namespace, {
      gpu: { count: 0 },
      retrain: { mode: 'Never' },
      promotion: { canaryPercent: 25, bakeTime: '5s', minAnswers: 0 },
    });
    await announce(namespace, 'v1');
    await becomes(namespace, 'ModelReady', 'True InService');
    await announce(namespace, 'v2');
    await expect.poll(async () => (await modelOf(namespace)).phase, patience).toBe('Canary');
    expect(await modelOf(namespace)).toMatchObject({
      active: { version: 'v2' },
      lastStable: { version: 'v1' },
      canaryPercent: 25,
    });
    await expect.poll(async () => (await modelOf(namespace)).canaryPercent, patience).toBe(100);
    expect(summary(await activated(namespace))).toEqual(['1 v1 100%', '2 v2 25%', '3 v2 100%']);
  });

  it('refuses what the gate refuses, holds after three in a row, and a person goes on', async () => {
    for (const version of ['bad-1', 'bad-2', 'bad-3']) {
      const { refusals = 0 } = await modelOf(namespace);
      await announce(namespace, version, 0.001);
      await expect.poll(async () => (await modelOf(namespace)).refusals, patience).toBe(refusals + 1);
    }
    await becomes(namespace, 'PromotionHeld', 'True Refusals');
    await announce(namespace, 'v3');
    await expect.poll(async () => (await modelOf(namespace)).candidate?.version, patience).toBe('v3');
    expect((await modelOf(namespace)).active!.version).toBe('v2');
    await runPromote('shop', cliOptions(namespace), terminal);
    await expect.poll(async () => (await modelOf(namespace)).active?.version, patience).toBe('v3');
    await becomes(namespace, 'PromotionHeld', 'False NotHeld');
  });

  it('goes back to an earlier one at once', async () => {
    await expect.poll(async () => (await modelOf(namespace)).canaryPercent, patience).toBe(100);
    await runPromote('shop', { ...cliOptions(namespace), modelVersion: 'v1' }, terminal);
    await expect.poll(async () => (await modelOf(namespace)).active?.version, patience).toBe('v1');
    expect(summary(await activated(namespace)).at(-1)).toBe('6 v1 100%');
  });

  it('waits for a person where the policy says so', async () => {
    await patch(namespace, { promotion: { policy: 'Manual' } });
    await announce(namespace, 'v4');
    await expect.poll(async () => (await modelOf(namespace)).phase, patience).toBe('AwaitingApproval');
    await annotate(namespace, 'likeness.dev/promote=v4');
    await expect.poll(async () => (await modelOf(namespace)).active?.version, patience).toBe('v4');
  });

  it('comes to rest: nothing more is written', async () => {
    await expect.poll(async () => (await modelOf(namespace)).canaryPercent, patience).toBe(100);
    const before = (await world.pipeline(namespace)).metadata.resourceVersion;
    const length = (await activated(namespace)).length;
    await annotate(namespace, 'somebody.else/was=here');
    await sleep(2000);
    const { metadata } = await world.pipeline(namespace);
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(Number(before));
    expect((await activated(namespace)).length).toBe(length);
  });
});

describe('a training of several workers', () => {
  const namespace = 'team';

  it('is an Indexed Job, whose pods each have their number and their GPUs', async () => {
    await create(namespace, { workers: 3, gpu: { count: 2 }, retries: 1, retrain: { mode: 'Never' } });
    await firstEvents(namespace);
    await phaseBecomes(namespace, 'Running');
    const pods = await trainerPods(namespace);
    const indices = pods.map(({ metadata }) => metadata.annotations!['batch.kubernetes.io/job-completion-index']);
    expect(new Set(indices)).toEqual(new Set(['0', '1', '2']));
    expect(await trainingOf(namespace)).toMatchObject({ gpus: '6 nvidia.com/gpu', runs: 1 });
  });

  it('tries a worker again that has failed, and is done when all are', async () => {
    const namesOf = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);
    const failed = new Set(namesOf(await trainerPods(namespace)));
    await end(namespace, 1);
    const others = async () =>
      namesOf(await trainerPods(namespace, 'Running')).filter((name) => !failed.has(name)).length;
    await expect.poll(others, patience).toBe(3);
    await end(namespace);
    await phaseBecomes(namespace, 'Succeeded');
    expect((await jobs(namespace))[0]!.status).toMatchObject({ completedIndexes: '0-2', succeeded: 3 });
  });
});
