/** The chart without a cluster: what Helm makes of it, which values it refuses, and the one file for kubectl. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments, parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { V1Deployment, V1PolicyRule } from '@kubernetes/client-node';
import { parseConfig } from '../../operator/config.ts';
import { childResources, foreignResources } from '../../operator/kubernetes/resources.ts';
import { kubernetesPrograms } from '../testbed/kubernetes/cache.ts';
import { chart, helmHome, type HelmHome } from './helm.ts';
import { grantsOf } from './install/grants.ts';

const root = join(import.meta.dirname, '../..');
const fullValues = join(root, 'test/golden/chart-values-full.yaml');
let home: HelmHome;

beforeAll(() => (home = helmHome()));
afterAll(() => home.remove());

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly V1PolicyRule[];
}

const template = (...args: string[]) => home.helm('template', 'likeness', chart, '-n', 'likeness-system', ...args);

const manifests = (text: string): Manifest[] => parseAllDocuments(text).map((document) => document.toJS() as Manifest);

/** The environment as a container has it, its fields filled in. */
function environmentOf(text: string): Record<string, string> {
  const deployment = manifests(text).find(({ kind }) => kind === 'Deployment') as unknown as V1Deployment;
  const { env = [] } = deployment.spec!.template.spec!.containers[0]!;
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom!.fieldRef!.fieldPath]));
}

it('passes the strictest lint, with few values and with all', async () => {
  await expect(home.helm('lint', '--strict', chart)).resolves.toContain('0 chart(s) failed');
  await expect(home.helm('lint', '--strict', '-f', fullValues, chart)).resolves.toContain('0 chart(s) failed');
});

it('has the version of the release', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const written = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as Record<string, string>;
  expect([written['version'], written['appVersion']]).toEqual([version, version]);
});

describe('the manifests', () => {
  it('of the values that it comes with are the golden ones', async () => {
    await expect(await template()).toMatchFileSnapshot('../golden/chart-default.yaml');
  });

  it('of every value that it has are the golden ones', async () => {
    const text = await template('-f', fullValues);
    // A file of its own, checked below and by charts/dashboard.
    const short = text.replace(/(likeness\.json: \|-\n)( {4}.*\n)+/, '$1    dashboards/likeness.json\n');
    await expect(short).toMatchFileSnapshot('../golden/chart-full.yaml');
  });

  it('sets every value in those', () => {
    const keysOf = (path: string) => Object.keys(parse(readFileSync(path, 'utf8')) as object).toSorted();
    expect(keysOf(fullValues)).toEqual(keysOf(join(chart, 'values.yaml')));
    const { properties } = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as {
      properties: object;
    };
    expect(
      Object.keys(properties)
        .filter((key) => key !== 'global')
        .toSorted(),
    ).toEqual(keysOf(fullValues));
  });

  it('give the operator an environment that it reads as it is meant', async () => {
    expect(parseConfig(environmentOf(await template()))).toMatchObject({
      image: 'likeness:0.1.0',
      trainerImage: 'likeness-trainer:0.1.0',
      trainerGpuImage: 'likeness-trainer:0.1.0-gpu',
      version: '0.1.0',
      namespaces: [],
      lease: { namespace: 'metadata.namespace', identity: 'metadata.name', seconds: 15 },
      host: '0.0.0.0',
      port: 8080,
    });
    expect(parseConfig(environmentOf(await template('-f', fullValues)))).toMatchObject({
      image: `registry.example:5000/likeness@sha256:${'a'.repeat(64)}`,
      trainerImage: 'registry.example:5000/likeness-trainer:0.1.0-cpu',
      trainerGpuImage: `registry.example:5000/likeness-trainer@sha256:${'b'.repeat(64)}`,
      namespaces: ['team-a', 'team-b'],
      defaults: {
        kafka: { bootstrapServers: 'kafka:9092', partitions: 12 },
        store: { redis: { url: 'redis://redis:6379' } },
      },
      network: { monitoringNamespace: 'prometheus', dnsNamespace: 'dns' },
      modelsVolume: { accessMode: 'ReadWriteOnce', size: '5Gi', storageClassName: 'fast' },
      workers: 20,
      logLevel: 'debug',
    });
  });

  it('have rights without wildcards, and with namespaces none outside of them', async () => {
    const all = manifests(await template());
    const rules = all.flatMap((object) => object.rules ?? []);
    expect(JSON.stringify(rules)).not.toContain('*');
    const kinds = [...childResources.whole, ...childResources.metadataOnly, ...Object.values(foreignResources)];
    const operator = all.find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'likeness-operator');
    for (const { group, plural } of kinds)
      expect(operator!.rules).toContainEqual(
        expect.objectContaining({
          apiGroups: [group],
          resources: expect.arrayContaining([plural]),
          verbs: expect.arrayContaining(['list', 'watch']),
        }),
      );
    const limited = manifests(await template('-f', fullValues));
    expect(limited.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
    expect(limited.filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.namespace)).toEqual([
      'team-a',
      'team-b',
      'likeness-system',
    ]);
  });
});

it('brings the dashboard and the alerts as they are in its files', async () => {
  const file = (path: string) => readFileSync(join(chart, path), 'utf8');
  const all = parseAllDocuments(await template('-f', fullValues)).map((document) => document.toJS() as Manifest);
  const dashboard = all.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.namespace === 'grafana');
  expect(dashboard).toMatchObject({ metadata: { labels: { grafana_dashboard: 'likeness' } } });
  const { data } = dashboard as unknown as { data: Record<string, string> };
  expect(JSON.parse(data['likeness.json']!)).toEqual(JSON.parse(file('dashboards/likeness.json')));
  const rules = all.find(({ kind }) => kind === 'PrometheusRule') as unknown as { spec: object };
  expect(rules.spec).toEqual(parse(file('rules/likeness.yaml')));
  const few = await template();
  expect(few).not.toContain('grafana_dashboard');
  expect(few).not.toContain('PrometheusRule');
});

it('has each right of the operator explained in docs/install.md, and no other', async () => {
  const page = readFileSync(join(root, 'docs/install.md'), 'utf8');
  const table = page.slice(page.indexOf('## What the operator may do')).match(/^\| \w.*\/.*\|$/gm)!;
  const explained = table.flatMap((row) => {
    const [resources, verbs] = row
      .split('|')
      .slice(1, 3)
      .map((cell) => cell.trim().split(', '));
    return resources!.flatMap((resource) => verbs!.map((verb) => `${resource} ${verb}`));
  });
  const own = new Set(['ClusterRole/likeness-operator', 'Role/likeness-operator-lease']);
  const roles = manifests(await template()).filter(({ kind, metadata }) => own.has(`${kind}/${metadata.name}`));
  expect(roles).toHaveLength(own.size);
  expect(explained.toSorted()).toEqual(grantsOf(roles.flatMap(({ rules = [] }) => rules)));
});

it.each([
  ['replicas=0', 'minimum: got 0, want 1'],
  ['namespaces={Shop}', "'Shop' does not match"],
  ['defaults.kafka.partitions=3', "missing property 'bootstrapServers'"],
  ['defaults.store.redis.url=http://redis', 'does not match pattern'],
  ['logLevel=loud', 'value must be one of'],
  ['image.digest=latest', 'does not match pattern'],
  ['image.repository=', '/image/repository'],
  ['trainerImage.repository=', '/trainerImage/repository'],
  ['trainerGpuImage.tag=a b', '/trainerGpuImage/tag'],
  ['replica=3', "additional properties 'replica' not allowed"],
])('refuses the values %s', async (given, message) => {
  await expect(template('--set', given)).rejects.toThrow(message);
});

it('tells the next command', async () => {
  const notes = (text: string) => text.slice(text.indexOf('NOTES:'));
  const install = (...args: string[]) =>
    home.helm('install', 'likeness', chart, '-n', 'likeness-system', '--dry-run=client', ...args);
  await expect(notes(await install())).toMatchFileSnapshot('../golden/chart-notes.txt');
  const full = notes(await install('-f', fullValues));
  expect(full).toContain('kubectl apply -n team-a');
  expect(full).not.toContain('bootstrapServers');
});

it('is one file for kubectl, the same each time, with its namespace and its definition', async () => {
  const build = async (name: string) => {
    const out = join(home.folder, name);
    const script = join(root, 'charts/build-install.ts');
    await promisify(execFile)(process.execPath, [script, '--helm', kubernetesPrograms().helm, '--out', out]);
    return readFileSync(out, 'utf8');
  };
  const text = await build('one.yaml');
  expect(await build('two.yaml')).toBe(text);
  const objects = manifests(text);
  expect(objects[0]).toMatchObject({ kind: 'Namespace', metadata: { name: 'likeness-system' } });
  expect(objects.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['CustomResourceDefinition', 'Deployment', 'ClusterRole', 'ServiceAccount']),
  );
  for (const { kind, metadata } of objects)
    if (!/^(Namespace|ClusterRole|ClusterRoleBinding|CustomResourceDefinition)$/.test(kind))
      expect(metadata.namespace).toBe('likeness-system');
  expect(text).not.toMatch(/Helm$|helm\.sh/m);
});
