/** The chart on a real control plane: the operator has the rights that it needs, and no other. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1ClusterRole, V1Role } from '@kubernetes/client-node';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { kubernetesPrograms } from '../../testbed/kubernetes/cache.ts';
import { chart } from '../helm.ts';
import { namespaceOf } from '../operator/restricted-namespace.ts';
import { example } from '../operator/world.ts';
import { grantsOf, usedBy } from './grants.ts';
import { accountUser, install, release, values, type Installed } from './installed.ts';
import { leftoversOf } from './leftovers.ts';

let installed: Installed;

beforeAll(async () => {
  installed = await install();
  await installed.startOperator();
});
afterAll(() => installed?.stop());

const patience = { timeout: 60_000, interval: 250 };

const kubectl = (args: readonly string[], input?: string) =>
  installed.cluster.kubectl(args, input === undefined ? {} : { input });

async function create(namespace: string, yaml: string): Promise<void> {
  await installed.apply(...namespaceOf(namespace));
  await kubectl(['apply', '-n', namespace, '-f', '-'], yaml);
}

const becomes = (namespace: string, type: string, wanted: string) =>
  expect.poll(() => installed.condition(namespace, type), patience).toBe(wanted);

/** Until the operator has acted upon it and it is so. */
async function change(spec: object, wanted = 'True Ready'): Promise<void> {
  await kubectl(['patch', 'ppl', 'shop', '-n', 'shops', '--type=merge', '-p', JSON.stringify({ spec })]);
  const acted = async () => {
    const { metadata, status } = await installed.pipeline('shops');
    return metadata.generation === status?.observedGeneration;
  };
  await expect.poll(acted, patience).toBe(true);
  await becomes('shops', 'Ready', wanted);
}

const denied = async () =>
  (await installed.requests())
    .filter(({ status, allowed }) => status === 403 || !allowed)
    .map(({ verb, uri }) => `${verb} ${uri}`);

const mayDo = (...args: string[]) =>
  kubectl(['auth', 'can-i', `--as=${accountUser}`, ...args]).then(
    () => true,
    () => false,
  );

const shop = join(import.meta.dirname, '../../../examples/shop.yaml');

/** The example with a few lines more, as a file. */
function shopWith(lines: string): string {
  const file = join(installed.home.folder, 'changed.yaml');
  writeFileSync(file, `${example('shop.yaml')}\n${lines}\n`);
  return file;
}

const versions = async () =>
  (await kubectl(['get', '-n', 'shops', 'deployments,configmaps,services', '-o', versionColumns])).split('\n');
const versionColumns = 'custom-columns=K:.kind,N:.metadata.name,V:.metadata.resourceVersion';

/** A record to learn from, before there is anybody who could write one. */
async function sendOne(topic: string): Promise<void> {
  const kafka = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] });
  await producer.send({ topic, messages: [{ value: 'one' }] });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

/** Everything that an operator can be asked to do. */
describe('a whole life of pipelines under the account that the chart makes', () => {
  it('goes from nothing to Ready', async () => {
    await sendOne('shops.shop.events-clean.e1');
    await create('shops', example('shop.yaml'));
    await becomes('shops', 'Ready', 'True Ready');
  });

  it('is shown by likeness status', async () => {
    const { code, out } = await installed.likeness('status', 'shop', '-n', 'shops');
    expect(code).toBe(0);
    expect(out).toMatch(/^shop in shops: ready \(for \d+s\)\n/);
    expect(out).toContain('├─ serving   1 of 1 ready, http://shop-serving.shops.svc\n');
    expect(out).toMatch(/Normal Ready: Events become profiles/);
    expect(out).not.toContain('What is wrong');
    const none = await installed.likeness('status', 'bank', '-n', 'shops');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.problem).toContain('NotFound: There is no pipeline bank in the namespace shops; there are: shop.');
  });

  it('differs in nothing from its file, says likeness diff', async () => {
    expect(await installed.likeness('diff', shop, '-n', 'shops')).toEqual({ code: 0, out: '', problem: '' });
  });

  it('would differ from a changed file, of which nothing is stored', async () => {
    const before = await versions();
    const changed = shopWith('  serving: {rules: {bury: [sku-9]}}\n  stages: [{name: cleaner, replicas: 2}]');
    const { code, out, problem } = await installed.likeness('diff', changed, '-n', 'shops');
    expect([code, problem]).toEqual([1, '']);
    const heads = out.match(/^(---|\+\+\+) .*$/gm)!.map((line) => line.replace(/-[a-z0-9]{8,}$/, '-HASH'));
    expect(heads).toEqual([
      '--- now  likeness.dev/v1alpha1 ProfilePipeline shops/shop',
      '+++ then likeness.dev/v1alpha1 ProfilePipeline shops/shop',
      '--- /dev/null',
      '+++ then v1 ConfigMap shops/shop-spec-HASH',
      '--- /dev/null',
      '+++ then v1 ConfigMap shops/shop-serving-HASH',
      '--- now  apps/v1 Deployment shops/shop-serving',
      '+++ then apps/v1 Deployment shops/shop-serving',
      '--- now  apps/v1 Deployment shops/shop-cleaner',
      '+++ then apps/v1 Deployment shops/shop-cleaner',
      '--- now  v1 ConfigMap shops/shop-serving-HASH',
      '+++ /dev/null',
      '--- now  v1 ConfigMap shops/shop-spec-HASH',
      '+++ /dev/null',
    ]);
    expect(out).toMatch(/^-  replicas: 1\n\+  replicas: 2$/m);
    expect(out).toContain('sku-9');
    expect(await versions()).toEqual(before);
    expect((await installed.pipeline('shops')).metadata.generation).toBe(1);
  });

  it('would all be new elsewhere', async () => {
    await installed.apply(namespaceOf('new')[0]!);
    const { code, out, problem } = await installed.likeness('diff', shop, '-n', 'new');
    expect(code).toBe(1);
    expect(out).not.toMatch(/^--- now/m);
    expect(out).toContain('+++ then apps/v1 Deployment new/shop-feature\n');
    expect(problem).toContain('The operator would make keys: Secret shop-');
    expect(problem).toContain('topics: new.shop.events-raw.e1');
    const nowhere = await installed.likeness('diff', shop, '-n', 'nowhere');
    expect(nowhere.code).toBeGreaterThan(1);
    expect(nowhere.problem).toContain('namespaces "nowhere" not found');
  });

  it('is told by likeness diff what the API server would refuse', async () => {
    const moved = shopWith('  store: {redis: {url: "redis://elsewhere:6379"}}');
    const { code, problem } = await installed.likeness('diff', moved, '-n', 'shops');
    expect(code).toBe(64);
    expect(problem).toContain('store is immutable');
  });

  it('follows changes', async () => {
    await change({ serving: { rules: { bury: ['sku-1'] } } });
    await change({ stages: [{ name: 'cleaner', autoscaling: { mode: 'HPA', minReplicas: 1, maxReplicas: 2 } }] });
    for (let time = 0; time < 2; time++) {
      await change({ suspend: true }, 'False Suspended');
      await change({ suspend: false });
    }
  });

  it('trains, keeps only so many trainings, and holds one while it is suspended', async () => {
    const training = async () => (await installed.pipeline('shops')).status?.training;
    const phase = async () => (await training())?.phase;
    const jobs = async () => (await kubectl(['get', '-n', 'shops', 'jobs', '-o', 'name'])).split('\n').filter(Boolean);
    const ask = (id: string) =>
      kubectl(['annotate', 'ppl', 'shop', '-n', 'shops', '--overwrite', `likeness.dev/retrain=${id}`]);
    await expect.poll(phase, patience).toBe('Succeeded');
    const first = await jobs();
    expect(first).toHaveLength(1);
    await change({ training: { historyLimit: 1 } });
    await ask('one');
    const onlyAnother = async () => {
      const [name, ...more] = await jobs();
      return name !== undefined && name !== first[0] && more.length === 0;
    };
    await expect.poll(onlyAnother, patience).toBe(true);
    await expect.poll(phase, patience).toBe('Succeeded');
    // No node has so many: it waits for ever, and ends with the pipeline.
    await change({ training: { historyLimit: 1, gpu: { count: 64 } } });
    await ask('two');
    await expect.poll(phase, patience).toBe('Queued');
    await change({ suspend: true }, 'False Suspended');
    await expect.poll(phase, patience).toBe('Suspended');
    await change({ suspend: false });
    await expect.poll(phase, patience).toBe('Queued');
  });

  it('puts back a port that somebody has renumbered', async () => {
    const renumber = JSON.stringify([{ op: 'replace', path: '/spec/ports/0/port', value: 81 }]);
    await kubectl(['patch', 'service/shop-serving', '-n', 'shops', '--type=json', '-p', renumber]);
    const ports = async () =>
      (
        await installed.get<{ spec: { ports: { port: number }[] } }>('-n', 'shops', 'service/shop-serving')
      ).spec.ports.map(({ port }) => port);
    await expect.poll(ports, patience).toEqual([80]);
  });

  it('reads its last good spec while the present one is refused', async () => {
    const features = [{ name: 'x', ratio: { of: 'nothing', to: 'views7d' } }];
    await kubectl([
      'patch',
      'ppl',
      'shop',
      '-n',
      'shops',
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { features } }),
    ]);
    await becomes('shops', 'SpecValid', 'False SpecRefused');
    await change({ features: null });
  });

  it('removes what an earlier release has left, of every kind but volumes and Secrets', async () => {
    const leftovers = leftoversOf(await installed.pipeline('shops'));
    expect(leftovers).toHaveLength(13);
    await installed.apply(...leftovers);
    const left = async () => {
      const found = leftovers.map(({ apiVersion, kind }) =>
        [kind, ...apiVersion.split('/').toReversed()].join('.').replace(/\.v1$/, ''),
      );
      const names = [...new Set(found)].map((kind) => kind.toLowerCase());
      const all = names.map((kind) =>
        kubectl(['get', '-n', 'shops', '--ignore-not-found', '-o', 'name', kind, 'left-over']),
      );
      return (await Promise.all(all)).join('');
    };
    await expect.poll(left, patience).toBe('');
  });

  it('says of pods why they do not start', async () => {
    await create('logged', `${example('shop.yaml')}\n  ingest: {log: {size: 1Gi}}\n  deletionPolicy: Delete\n`);
    const message = async () =>
      (await installed.pipeline('logged')).status?.conditions?.find(({ type }) => type === 'StagesReady')?.message;
    await expect.poll(message, patience).toContain('PersistentVolumeClaims');
    await kubectl(['delete', '-n', 'logged', 'ppl/shop', '--timeout=60s']);
  });

  it('makes resources for Prometheus, KEDA and Strimzi', async () => {
    const kafka = {
      bootstrapServers: '127.0.0.1:1',
      topics: 'KafkaTopic',
      strimziCluster: 'kafka',
      authentication: { type: 'ScramSha512', secretRef: { name: 'kafka' } },
    };
    const autoscaling = { mode: 'KEDA', minReplicas: 1, maxReplicas: 2 };
    const spec = { preset: 'shop/v1', deletionPolicy: 'Retain', kafka, stages: [{ name: 'feature', autoscaling }] };
    await installed.apply(...namespaceOf('others'), {
      apiVersion: 'likeness.dev/v1alpha1',
      kind: 'ProfilePipeline',
      metadata: { name: 'shop', namespace: 'others' },
      spec,
    });
    const made = () =>
      kubectl(['get', '-n', 'others', '-o', 'name', 'podmonitors,scaledobjects,triggerauthentications']);
    await expect.poll(made, patience).toMatch(/podmonitor[^]*scaledobject[^]*triggerauthentication/);
    await expect.poll(() => kubectl(['get', '-n', 'others', '-o', 'name', 'kafkatopics']), patience).toContain('shop');
    await becomes('others', 'TopicsReady', 'False TopicsRefused');
    await kubectl(['delete', '-n', 'others', 'ppl/shop', '--timeout=60s']);
  });

  it('ends with everything that it had outside', async () => {
    await kubectl(['delete', '-n', 'shops', 'ppl/shop', '--timeout=60s']);
    await expect.poll(() => kubectl(['get', '-n', 'shops', 'deployments', '-o', 'name']), patience).toBe('');
  });

  it('was denied nothing and has no right that it did not use', async () => {
    expect(await denied()).toEqual([]);
    const roles = await Promise.all([
      installed.get<V1ClusterRole>('clusterrole', 'likeness-operator'),
      installed.get<V1Role>('-n', release.namespace, 'role', 'likeness-operator-lease'),
    ]);
    expect(usedBy(await installed.requests())).toEqual(grantsOf(roles.flatMap(({ rules }) => rules ?? [])));
  });
});

describe('an operator of some namespaces', () => {
  beforeAll(async () => {
    await installed.apply(...namespaceOf('team'), ...namespaceOf('elsewhere'));
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(chart, 'crds')]);
    const { helm } = installed.home;
    await helm(
      'upgrade',
      release.name,
      chart,
      '-n',
      release.namespace,
      '--wait',
      ...values(),
      '--set',
      'namespaces={team}',
    );
    await installed.startOperator();
  });

  it('works in those with no right anywhere else', async () => {
    await kubectl(['apply', '-n', 'team', '-f', '-'], example('shop.yaml'));
    await becomes('team', 'Ready', 'True Ready');
    expect(await denied()).toEqual([]);
    expect(await mayDo('get', 'secrets', '-n', 'team')).toBe(true);
    expect(await mayDo('get', 'secrets', '-n', 'elsewhere')).toBe(false);
    expect(await mayDo('list', 'profilepipelines.likeness.dev', '--all-namespaces')).toBe(false);
  });
});

it('lets those who may edit a namespace have pipelines in it', async () => {
  const binding = ['create', 'rolebinding', 'editors', '--clusterrole=edit', '--user=jane', '-n', 'team'];
  await kubectl(binding);
  const mayEdit = () =>
    kubectl(['auth', 'can-i', '--as=jane', 'create', 'profilepipelines.likeness.dev', '-n', 'team']).then(
      () => true,
      () => false,
    );
  // A controller adds the rules of the chart to `edit`.
  await expect.poll(mayEdit, patience).toBe(true);
});

it('leaves pipelines and their definition when it is uninstalled, and takes them up again from the one file', async () => {
  await installed.home.helm('uninstall', release.name, '-n', release.namespace, '--wait');
  expect((await installed.pipeline('team')).metadata.deletionTimestamp).toBeUndefined();
  await expect(kubectl(['get', '-n', release.namespace, 'deployments', '-o', 'name'])).resolves.toBe('');
  const file = join(installed.home.folder, 'install.yaml');
  const script = join(chart, '../build-install.ts');
  await promisify(execFile)(process.execPath, [script, '--helm', kubernetesPrograms().helm, '--out', file]);
  const applied = await kubectl(['apply', '--server-side', '--force-conflicts', '-f', file]);
  expect(applied).toContain('deployment.apps/likeness-operator serverside-applied');
  await kubectl(['-n', release.namespace, 'rollout', 'status', 'deployment/likeness-operator', '--timeout=60s']);
  expect(await kubectl(['explain', 'profilepipeline.spec.preset'])).toContain('preset');
});
