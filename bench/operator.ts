/**
 * What the operator adds to the cluster's own work: pipelines applied until Ready, against the same objects, rendered
 * beforehand and sent by a plain loop of server-side applies; and what it costs when nothing is to be done.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { profilePipelines, resourceOf } from '../operator/kubernetes/resources.ts';
import type { KubeObject, Resource } from '../operator/kubernetes/runtime/resource.ts';
import { startKafka } from '../test/testbed/kafka.ts';
import type { BenchContext } from './main.ts';
import { inParallel, startBenchCluster, type BenchCluster } from './operator/cluster.ts';
import { cpuMsEach, cpuSeconds } from './operator/cpu-shares.ts';
import { operatorEnv, ownerOf, pipelineAt, places, Renderer, volumeOf, type Place } from './operator/pipelines.ts';
import { quantileMs, since, startOperator, type RunningOperator } from './operator/process.ts';
import { watchReadiness, type Readiness } from './operator/ready.ts';
import { createTopics } from './operator/topics.ts';
import { endOf, operatorWrites } from './operator/writes.ts';
import { round } from './statistics.ts';

/** As many as the operator has workers. */
const atOnce = 10;
const workloadsEach = 4;
const warmUps = 3;
const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const volumes: Resource = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
};

interface Bench {
  readonly cluster: BenchCluster;
  readonly readiness: Readiness;
  readonly renderer: Renderer;
  readonly note: BenchContext['note'];
}

export async function run({ flags, note }: BenchContext): Promise<object> {
  const pipelines = Number(flags['pipelines'] ?? 100);
  const topics = flags['topics'] ?? (pipelines > 100 ? 'Existing' : 'Managed');
  const steadySeconds = Number(flags['steady'] ?? 130);
  const kafka = await startKafka();
  const env = { ...operatorEnv(kafka.address, topics), ...chartEnv() };
  const bare = await onItsOwnCluster(env, note, pipelines, (bench) => measureBare(bench, pipelines));
  note(`bare: ${JSON.stringify(bare)}`);
  if (topics === 'Existing') await prepareTopics({ renderer: new Renderer(env), note }, kafka.address, pipelines);
  const nodeArgs = [...chartFlags(), ...(flags['node-args']?.split(' ') ?? [])];
  const { full, steady, peakRssMb } = await onItsOwnCluster(env, note, pipelines, async (bench) => {
    const { url, ca } = bench.cluster;
    const operator = await startOperator({ url, ca, token: await bench.cluster.adminToken(), env, nodeArgs });
    const full = await measureOperator(bench, operator, pipelines);
    note(`operator: ${JSON.stringify(full)}`);
    const steady = await measureSteady(bench, operator, { pipelines, seconds: steadySeconds });
    const peakRssMb = round(operator.peakRssMb(), 0);
    await operator.stop();
    return { full, steady, peakRssMb };
  });
  await kafka.stop();
  return {
    pipelines,
    readySeconds: round(full.seconds),
    bareSeconds: round(bare.seconds),
    ratio: round(full.seconds / bare.seconds),
    ...steady,
    peakRssMb,
    reconcilesPerSecond: full.reconcilesPerSecond,
    p99ReconcileMs: full.p99ReconcileMs,
    topics,
    objectsEach: bare.objectsEach,
    cpuMsEach: { bare: bare.cpuMsEach, operator: full.cpuMsEach },
  };
}

/** A control plane slows down as it fills, so that each of the two has a new one. */
async function onItsOwnCluster<T>(
  env: Readonly<Record<string, string>>,
  note: BenchContext['note'],
  pipelines: number,
  measure: (bench: Bench) => Promise<T>,
): Promise<T> {
  const cluster = await startBenchCluster(workloadsEach * pipelines);
  const readiness = await watchReadiness(cluster);
  try {
    return await measure({ cluster, readiness, renderer: new Renderer(env), note });
  } finally {
    await readiness.stop();
    await cluster.stop();
  }
}

const template = readFileSync(new URL('../charts/likeness/templates/deployment.yaml', import.meta.url), 'utf8');

/** As the chart starts the operator. */
function chartFlags(): string[] {
  return [...template.matchAll(/^ +- (--\S+)$/gm)].map(([, flag]) => flag!);
}

/** What the chart sets for the memory of the process. */
function chartEnv(): Record<string, string> {
  return Object.fromEntries(
    [...template.matchAll(/- name: (MALLOC_\w+)\s+value: '(.+)'/g)].map(([, name, value]) => [name!, value!]),
  );
}

async function measureBare(bench: Bench, pipelines: number) {
  await applyBare(bench, await bareObjects(bench, 'warmbare', warmUps), 'warmbare');
  const sets = await bareObjects(bench, 'bare', pipelines);
  const { pids } = bench.cluster;
  const cpu = cpuSeconds({ ...pids, bench: process.pid });
  const seconds = await applyBare(bench, sets, 'bare');
  return {
    seconds,
    objectsEach: sets[0]!.length,
    cpuMsEach: cpuMsEach(cpu, { ...pids, bench: process.pid }, pipelines),
  };
}

async function bareObjects({ cluster, renderer }: Bench, prefix: string, count: number): Promise<KubeObject[][]> {
  const wanted = places(prefix, count);
  await prepare(cluster, wanted);
  const sets: KubeObject[][] = [];
  for (const place of wanted) {
    const { metadata } = await cluster.api.create(resourceOf(ownerOf(place)), ownerOf(place));
    sets.push(await renderer.objects(place, metadata.uid!));
  }
  return sets;
}

async function applyBare({ cluster, readiness }: Bench, sets: readonly KubeObject[][], prefix: string) {
  const started = performance.now();
  await inParallel(sets, atOnce, async (objects) => {
    for (const object of objects) await cluster.api.apply(resourceOf(object), object);
  });
  return ((await readiness.available(prefix, sets.length * workloadsEach)) - started) / 1000;
}

/** Namespaces and volumes, which a cluster's own people make. */
async function prepare({ api }: BenchCluster, wanted: readonly Place[]): Promise<void> {
  const metadataOf = (name: string) => ({
    name,
    labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
  });
  for (const name of new Set(wanted.map(({ namespace }) => namespace)))
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: metadataOf(name) });
  await inParallel(wanted, atOnce, async (place) => void (await api.create(volumes, volumeOf(place))));
}

async function prepareTopics(
  { renderer, note }: Pick<Bench, 'renderer' | 'note'>,
  kafka: string,
  pipelines: number,
): Promise<void> {
  const wanted = [...places('warmoperator', warmUps), ...places('operator', pipelines)];
  await createTopics(
    kafka,
    wanted.flatMap((place) => renderer.plan(place).topics),
  );
  note(`topics of ${wanted.length} pipelines are there`);
}

async function measureOperator(bench: Bench, operator: RunningOperator, pipelines: number) {
  const [warmUp, wanted] = [places('warmoperator', warmUps), places('operator', pipelines)];
  await prepare(bench.cluster, [...warmUp, ...wanted]);
  await applyPipelines(bench, 'warmoperator', warmUp);
  const pids = { ...bench.cluster.pids, operator: operator.pid, bench: process.pid };
  const [before, cpu, logged] = [await operator.reconciles(), cpuSeconds(pids), endOf(bench.cluster.auditLog)];
  const seconds = await applyPipelines(bench, 'operator', wanted);
  const reconciles = since(before, await operator.reconciles());
  const each = cpuMsEach(cpu, pids, pipelines);
  const { byKind, reads } = await operatorWrites(bench.cluster.auditLog, logged);
  return {
    seconds,
    reconcilesPerSecond: round(reconciles.count / seconds, 0),
    p99ReconcileMs: round(quantileMs(reconciles, 0.99), 0),
    reconciles: reconciles.count,
    cpuMsEach: each,
    byKind,
    reads,
  };
}

async function applyPipelines({ cluster, readiness }: Bench, prefix: string, wanted: readonly Place[]) {
  const started = performance.now();
  const available = readiness.available(prefix, wanted.length * workloadsEach);
  await inParallel(
    wanted,
    atOnce,
    async (place) => void (await cluster.api.create(profilePipelines, pipelineAt(place))),
  );
  const ended = await Promise.all([available, readiness.ready(prefix, wanted.length)]);
  return (Math.max(...ended) - started) / 1000;
}

/** Until what follows Ready, such as Events, has been written. */
const settleMs = 10_000;

async function measureSteady(
  { cluster }: Bench,
  operator: RunningOperator,
  { pipelines, seconds }: { readonly pipelines: number; readonly seconds: number },
) {
  const settleSeconds = await settle(cluster.auditLog);
  const pids = { ...cluster.pids, operator: operator.pid };
  const [before, cpu, logged] = [await operator.reconciles(), cpuSeconds(pids), endOf(cluster.auditLog)];
  operator.takeRssMb();
  await sleep(seconds * 1000);
  const rssMb = round(operator.takeRssMb(), 0);
  const reconciles = since(before, await operator.reconciles());
  const { count, byKind, leaseRenewals } = await operatorWrites(cluster.auditLog, logged);
  return {
    steadyWritesPerMinute: round((count * 60) / seconds),
    rssMb,
    steady: {
      settleSeconds,
      seconds,
      passesEach: round(reconciles.count / pipelines, 1),
      p99ReconcileMs: round(quantileMs(reconciles, 0.99), 0),
      leaseRenewals,
      writes: byKind,
      cpuMsEachPerMinute: perMinute(cpuMsEach(cpu, pids, pipelines), seconds),
    },
  };
}

/** Events are sent one at a time, behind the work that they tell of: rest begins when nothing has been written for a while. */
async function settle(auditLog: string): Promise<number> {
  const begun = performance.now();
  for (let writes = 1; writes > 0;) {
    const end = endOf(auditLog);
    await sleep(settleMs);
    writes = (await operatorWrites(auditLog, end)).count;
  }
  return round((performance.now() - begun) / 1000, 0);
}

function perMinute(each: Readonly<Record<string, number>>, seconds: number): Record<string, number> {
  return Object.fromEntries(Object.entries(each).map(([name, ms]) => [name, round((ms * 60) / seconds, 1)]));
}
