/**
 * A pipeline as a cluster has it, and a Prometheus that scrapes it. The operator is a process beside a real control plane
 * whose pods nobody runs; so the stages are processes as well, with the environment that the plan gives them, and each
 * stands for the pod of its stage.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import type { V1Job } from '@kubernetes/client-node';
import { expect, vi } from 'vitest';
import { parseConfig, type Defaults } from '../../operator/config.ts';
import { readSpec } from '../../operator/kubernetes/read-pipeline.ts';
import { planOf } from '../../operator/kubernetes/plan-of.ts';
import { freePort } from '../../operator/local/free-port.ts';
import { instanceEnv, processInstances, workloadOf, type LocalSettings } from '../../operator/local/environment.ts';
import { ensureKeys } from '../../operator/local/keys.ts';
import type { Plan } from '../../operator/plan.ts';
import { createRunner, untilReady, type Runner } from '../chaos/processes.ts';
import { foreignDefinitions } from '../kubernetes/install/leftovers.ts';
import { defaultsOf, example, startWorld, type World } from '../kubernetes/operator/world.ts';
import { OwnedProcess } from '../testbed/owned-process.ts';
import { startPrometheus, type RunningPrometheus } from '../testbed/prometheus.ts';
import { configOf, namespace } from './targets.ts';
import type { Addresses } from './traffic.ts';

const root = join(import.meta.dirname, '../..');
const patience = { timeout: 90_000, interval: 250 };

export interface Observed {
  readonly world: World;
  readonly prometheus: RunningPrometheus;
  readonly addresses: Addresses;
  /** Runs a trainer to its end; its candidate is the gate's to judge. */
  train(runId: string): Promise<number | null>;
  /** Runs a gate to its end, in the place of the pod of the first Job of a gate that the operator makes. */
  judge(): Promise<number | null>;
  stop(): Promise<void>;
}

export async function startObserved(): Promise<Observed> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-observed-'));
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const world = await startWorld({ jobsRunFor: null });
    closers.push(() => world.stop());
    await world.apply(...foreignDefinitions());
    const operator = await startOperator(world, folder);
    closers.push(() => operator.process.stop());
    const plan = await createPipeline(world, operator.defaults);
    const runners = await startStages(plan, settingsIn(folder));
    closers.push(() => Promise.all(runners.map((runner) => runner.stop())));
    await Promise.all(runners.map((runner) => untilReady(runner)));
    const prometheus = await startPrometheus(await configOf(world, runners, operator.port));
    closers.push(() => prometheus.stop());
    const urlOf = (stage: string) => runners.find((runner) => runner.stage === stage)!.url;
    const addresses = { ingest: urlOf('ingest'), serving: urlOf('serving') };
    const envOf = (name: 'trainer' | 'gate') =>
      instanceEnv(workloadOf(plan, name), settingsIn(folder), ensureKeys(folder));
    const train = (runId: string) => runToEnd('trainer', { ...envOf('trainer'), LIKENESS_RUN_ID: runId });
    const judge = async () => runToEnd('trainer/gate', { ...envOf('gate'), ...(await askedOfGate(world)) });
    return { world, prometheus, addresses, train, judge, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface RunningOperator {
  readonly process: OwnedProcess;
  readonly port: number;
  readonly defaults: Defaults;
}

async function startOperator(world: World, folder: string): Promise<RunningOperator> {
  const port = await freePort();
  const env = {
    PATH: process.env['PATH'] ?? '',
    KUBECONFIG: world.cluster.kubeconfig,
    LIKENESS_IMAGE: 'likeness:test',
    LIKENESS_VERSION: '0.1.0',
    LIKENESS_LEASE_NAMESPACE: 'default',
    LIKENESS_IDENTITY: 'likeness-operator-0',
    LIKENESS_DEFAULTS: JSON.stringify(defaultsOf()),
    LIKENESS_REFRESH_SECONDS: '1',
    LIKENESS_HOST: '127.0.0.1',
    LIKENESS_PORT: String(port),
  };
  const operator = new OwnedProcess({
    name: 'operator',
    command: 'env',
    args: [
      '-i',
      ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
      process.execPath,
      join(root, 'operator/main.ts'),
    ],
    logFile: join(folder, 'operator.log'),
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200,
  });
  await operator.start();
  return { process: operator, port, defaults: parseConfig(env).defaults };
}

/** With a write-ahead log, trainings that a test ends, and trials that last for seconds. */
const changes = {
  ingest: { log: { size: '64Mi' } },
  training: {
    gpu: { count: 0 },
    retries: 0,
    retrain: { mode: 'Never', sampleShare: '1' },
    promotion: { canaryPercent: 50, bakeTime: '3s', minAnswers: 0 },
  },
};

/** Resolves when the operator has made the pods of every stage. */
async function createPipeline(world: World, defaults: Defaults): Promise<Plan> {
  await world.namespace(namespace);
  await world.apply(volumeOf('log-shop-ingest-0'));
  const fields = Object.entries(changes).map(([field, value]) => `  ${field}: ${JSON.stringify(value)}\n`);
  await world.cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input: example('shop.yaml') + fields.join('') });
  await vi.waitFor(async () => expect(await world.condition(namespace, 'Ready')).toBe('True Ready'), patience);
  const pipeline = await world.pipeline(namespace);
  const read = readSpec(pipeline, defaults);
  if (!read.ok) throw new Error(read.refusal.message);
  return planOf(pipeline, read.spec);
}

/** Nobody provisions volumes here. */
const volumeOf = (claim: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: `${namespace}-${claim}` },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: `/${namespace}/${claim}` },
    claimRef: { namespace, name: claim },
  },
});

const settingsIn = (dataDir: string): LocalSettings => ({ dataDir, host: '127.0.0.1', port: 0, logLevel: 'info' });

async function startStages(plan: Plan, settings: LocalSettings): Promise<Runner[]> {
  const logs = join(settings.dataDir, 'logs');
  mkdirSync(logs, { recursive: true });
  const runners: Runner[] = [];
  for (const instance of processInstances(plan, settings, ensureKeys(settings.dataDir))) {
    const env = { ...instance.env, LIKENESS_PORT: String(await freePort()) };
    runners.push(createRunner({ ...instance, env }, logs));
  }
  for (const runner of runners) runner.start();
  return runners;
}

/** What the operator tells the gate of the candidate. */
async function askedOfGate(world: World): Promise<Record<string, string>> {
  const select = ['-n', namespace, 'jobs', '-l', 'app.kubernetes.io/component=gate'];
  const jobs = async () => (await world.get<{ items: V1Job[] }>(...select)).items;
  await expect.poll(async () => (await jobs()).length, patience).toBe(1);
  const env = (await jobs())[0]!.spec!.template.spec!.containers[0]!.env!;
  const asked = env.filter(({ name }) => name.startsWith('LIKENESS_GATE_'));
  return Object.fromEntries(asked.map(({ name, value }) => [name, value!]));
}

function runToEnd(program: string, env: Readonly<Record<string, string>>): Promise<number | null> {
  const args = ['--disable-warning=ExperimentalWarning', join(root, 'services', program, 'main.ts')];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env }, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}
