/** A whole pipeline in real containers on a real node: it learns on a GPU, loses pods, and loses no event. */
import type { V1Job, V1Node, V1Pod } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bodies } from '../../../bench/load/events.ts';
import { postAll } from '../../../bench/load/post.ts';
import { readIds } from './raw-events.ts';
import { report } from './report.ts';
import { startSender, users } from './sender.ts';
import { customerOf, shelfOf, tastes } from './tastes.ts';
import { gpus, patience, startWorld, type World } from './world.ts';

/** On a machine that has other work to do. */
const long = 900_000;
let world: World;

beforeAll(async () => {
  world = await startWorld();
}, long);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await report(world));
});
afterAll(() => world?.stop(), long);

/** What the stages usually need is all that they get. */
const small = (memory: string) => ({ requests: { cpu: '20m', memory: '64Mi' }, limits: { memory } });
const spec = {
  preset: 'shop/v1',
  deletionPolicy: 'Delete',
  stages: [
    { name: 'ingest', replicas: 1, resources: small('256Mi') },
    { name: 'cleaner', replicas: 1, resources: small('256Mi') },
    { name: 'feature', replicas: 1, resources: small('512Mi') },
  ],
  serving: { resources: small('512Mi') },
};
const learning = { minEvents: 5000, retrain: { mode: 'Never' }, gpu: { count: 1 }, resources: small('2Gi') };

/** More than the node has: it stays queued, and takes no processor from what is looked at. */
const waiting = { gpu: { count: gpus + 1 } };

const stages = ['ingest', 'cleaner', 'feature', 'serving'];

/** Every pod of the stage, and at least one. */
async function isReady(namespace: string, stage: string): Promise<boolean> {
  const pods = await world.pods(namespace, stage);
  const ready = (pod: V1Pod) => pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
  return pods.length > 0 && pods.every(ready);
}

async function ask<T>(path: string): Promise<T> {
  const key = await world.key('shops', 'shop-read-keys', 'read-key');
  const response = await fetch(`${await world.address('shops', 'shop-serving')}${path}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

interface Recommendations {
  readonly personalised: boolean;
  readonly items: readonly { readonly itemId: string }[];
  readonly model: { readonly version: string; readonly generation: number };
}

interface Profile {
  readonly attributes: Readonly<Record<string, { readonly value: unknown }>>;
}

const viewsOf = async (user: string) => (await ask<Profile>(`/v1/profiles/${user}`)).attributes['views7d']?.value;

describe('a pipeline in pods', () => {
  it(
    'becomes Ready in a namespace that enforces the restricted standard',
    async () => {
      await world.createPipeline('shops', { ...spec, training: learning }, ['shop-models']);
      await world.becomes('shops', 'Ready', 'True Ready');
      for (const stage of stages) expect(await isReady('shops', stage)).toBe(true);
    },
    long,
  );

  it(
    'takes events that a pod sends to its Service by name',
    async () => {
      const key = await world.key('shops', 'shop-write-keys', 'write-key');
      await world.apply(caller);
      await world.kubectl('wait', '-n', 'shops', '--for=condition=Ready', 'pod/caller', '--timeout=300s');
      const event = { id: 'from-a-pod', type: 'view', time: new Date().toISOString(), userId: 'pod', itemId: 'sku-1' };
      const script = `fetch('http://shop-ingest.shops.svc/v1/events', {
      method: 'POST', headers: {authorization: 'Bearer ${key}'}, body: '${JSON.stringify(event)}',
    }).then((response) => console.log(response.status))`;
      expect(await world.kubectl('exec', '-n', 'shops', 'caller', '--', 'node', '-e', script)).toBe('202\n');
      await world.kubectl('delete', '-n', 'shops', 'pod', 'caller', '--force');
      await expect.poll(() => viewsOf('pod'), patience).toBe(1);
    },
    long,
  );

  it(
    'learns on a GPU of the node, and recommends by what it has learnt',
    async () => {
      const node = () => world.get<V1Node>('node', world.node.name);
      await expect
        .poll(async () => (await node()).status?.allocatable?.['nvidia.com/gpu'], patience)
        .toBe(String(gpus));
      await importTastes();
      const active = async () => (await world.pipeline('shops')).status?.model?.active?.version;
      await expect.poll(active, patience).toBeDefined();
      const jobsOf = async (component: string) =>
        (await world.get<{ items: V1Job[] }>('-n', 'shops', 'jobs', '-l', `app.kubernetes.io/component=${component}`))
          .items;
      const [jobs, judged] = [await jobsOf('trainer'), await jobsOf('gate')];
      for (const done of [jobs, judged])
        expect(done.filter(({ status }) => (status?.succeeded ?? 0) > 0)).toHaveLength(1);
      for (const { spec: job } of jobs)
        expect(job!.template.spec!.containers[0]!.resources!.limits).toMatchObject({ 'nvidia.com/gpu': '1' });
      expect(world.allocatedGpus).toHaveLength(jobs.length);
      const recommendations = (shelf: number) => ask<Recommendations>(`/v1/recommendations/${customerOf(shelf)}?n=5`);
      await expect.poll(async () => (await recommendations(0)).model.version, patience).toBe(await active());
      for (const shelf of [0, 1, 2]) {
        const { items, personalised } = await recommendations(shelf);
        expect(personalised).toBe(true);
        expect(items.map(({ itemId }) => shelfOf(itemId))).toEqual([shelf, shelf, shelf, shelf, shelf]);
      }
    },
    long,
  );

  it(
    'counts every event once while a container is killed and a pod of every stage is removed',
    async () => {
      const sender = await sending('shops', 'killed');
      await kill(await firstPod('shops', 'feature'));
      const pods = await Promise.all(stages.map((stage) => firstPod('shops', stage)));
      const names = pods.map(({ metadata }) => metadata!.name!);
      await world.kubectl('delete', '-n', 'shops', 'pods', ...names, '--force', '--grace-period=0');
      for (const stage of stages) await expect.poll(() => isReady('shops', stage), patience).toBe(true);
      await sender.stop();
      expect(sender.accepted.size).toBeGreaterThan(0);
      for (const user of users) await expect.poll(() => viewsOf(user), patience).toBe(sender.countOf(user));
    },
    long,
  );
});

describe('while Kafka is down', () => {
  it(
    'a pod of ingest that is deleted has lost nothing that it accepted',
    async () => {
      const sender = await sending('shops', 'outage');
      await expect.poll(() => sender.accepted.size, patience).toBeGreaterThan(100);
      await world.kafka.kill();
      await expect.poll(() => sender.failures, patience).toBeGreaterThan(0);
      const { metadata } = await firstPod('shops', 'ingest');
      await world.kubectl('delete', '-n', 'shops', 'pod', metadata!.name!);
      await world.kafka.restart();
      const before = sender.accepted.size;
      await expect.poll(() => sender.accepted.size, patience).toBeGreaterThan(before + 100);
      await sender.stop();
      await noneMissing('shops', sender.accepted);
    },
    long,
  );
});

describe('with a log of its own', () => {
  it(
    'ingest accepts while Kafka is down, and what it accepted outlives its pods',
    async () => {
      await world.kubectl('delete', '-n', 'shops', 'ppl/shop', '--wait=false', '--ignore-not-found');
      await world.createPipeline('logged', { ...spec, ingest: { log: { size: '1Gi' } }, training: waiting }, [
        'log-shop-ingest-0',
        'shop-models',
      ]);
      await world.becomes('logged', 'Ready', 'True Ready');
      const sender = await sending('logged', 'logged');
      await expect.poll(() => sender.accepted.size, patience).toBeGreaterThan(100);
      await world.kafka.kill();
      const accepts = async () => {
        const before = sender.accepted.size;
        await expect.poll(() => sender.accepted.size, patience).toBeGreaterThan(before + 100);
      };
      await accepts();
      await kill(await firstPod('logged', 'ingest'));
      await accepts();
      const { metadata } = await firstPod('logged', 'ingest');
      await world.kubectl('delete', '-n', 'logged', 'pod', metadata!.name!);
      await accepts();
      await world.kafka.restart();
      await sender.stop();
      await noneMissing('logged', sender.accepted);
    },
    long,
  );
});

async function noneMissing(namespace: string, accepted: ReadonlySet<string>): Promise<void> {
  const missing = async () => {
    const there = new Set(await readIds(world.kafka.address, `${namespace}.shop.events-raw.e1`));
    return [...accepted].filter((id) => !there.has(id)).length;
  };
  await expect.poll(missing, { ...patience, interval: 2000 }).toBe(0);
}

async function sending(namespace: string, prefix: string) {
  const [url, key] = await Promise.all([
    world.address(namespace, 'shop-ingest'),
    world.key(namespace, 'shop-write-keys', 'write-key'),
  ]);
  return startSender({ url, key, prefix });
}

async function importTastes(): Promise<void> {
  const [url, key] = await Promise.all([
    world.address('shops', 'shop-ingest'),
    world.key('shops', 'shop-write-keys', 'import-key'),
  ]);
  const lines = tastes(Date.now()).map((event) => JSON.stringify(event));
  await postAll({ url, key, connections: 4, bodies: bodies(lines, 500) });
}

async function firstPod(namespace: string, stage: string): Promise<V1Pod> {
  return (await world.pods(namespace, stage))[0]!;
}

/** As the kernel does when memory runs out, and waits until the kubelet has begun it anew. */
async function kill({ metadata, status }: V1Pod): Promise<void> {
  const { restartCount, containerID } = status!.containerStatuses![0]!;
  const id = containerID!.replace('containerd://', '');
  const ctr = ['--address', '/run/containerd/containerd.sock', '--namespace', 'k8s.io'];
  await world.node.inside('ctr', ...ctr, 'tasks', 'kill', '--signal', 'SIGKILL', id);
  const restarts = async () => {
    const pod = await world.get<V1Pod>('-n', metadata!.namespace!, 'pod', metadata!.name!);
    return pod.status?.containerStatuses?.[0]?.restartCount;
  };
  await expect.poll(restarts, patience).toBe(restartCount + 1);
}

const caller = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'caller', namespace: 'shops' },
  spec: {
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'caller',
        image: 'likeness:0.1.0',
        command: ['node', '-e', 'setInterval(() => {}, 1000)'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
};
