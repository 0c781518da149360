/** The operator's runtime against a real API server, which is killed, restarted, cut off and silenced. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isConflict, isNotFound } from '../../operator/kubernetes/runtime/api-error.ts';
import { Applier } from '../../operator/kubernetes/runtime/apply.ts';
import { EventRecorder } from '../../operator/kubernetes/runtime/events.ts';
import { Informer, type InformerOptions } from '../../operator/kubernetes/runtime/informer.ts';
import { kinds, resourceIndex } from '../../operator/kubernetes/runtime/kinds.ts';
import { Elector } from '../../operator/kubernetes/runtime/lease.ts';
import { keepOwnFields } from '../../operator/kubernetes/runtime/owned-fields.ts';
import { type KubeObject, keyOf, type Resource } from '../../operator/kubernetes/runtime/resource.ts';
import { systemTiming } from '../../operator/kubernetes/runtime/timing.ts';
import { readAudit } from '../testbed/kubernetes/audit.ts';
import { startKubernetes } from '../testbed/kubernetes/cluster.ts';
import type { RunningKubernetes } from '../testbed/kubernetes/types.ts';
import { CutProxy } from './runtime/cut-proxy.ts';
import { clientOf, type ConfigMap, configMap, loggedLines, valuesOf } from './runtime/world.ts';

const manager = 'likeness-test';
const golden = join(import.meta.dirname, '../golden');
let cluster: RunningKubernetes;
let namespace: string;
let count = 0;
let ends: (() => unknown)[];

beforeAll(async () => {
  cluster = await startKubernetes({ parts: 'api' });
});
afterAll(() => cluster?.stop());
beforeEach(async () => {
  ends = [];
  namespace = `runtime-${count++}`;
  await cluster.kubectl(['create', 'namespace', namespace]);
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

function configFor(url = cluster.url, tokenFile?: string): KubeConfig {
  const config = new KubeConfig();
  const user = tokenFile
    ? { authProvider: { name: 'tokenFile', config: { tokenFile } } }
    : { certFile: cluster.admin.certFile, keyFile: cluster.admin.keyFile };
  config.loadFromClusterAndUser(
    { name: 'test', server: url, skipTLSVerify: false, caFile: cluster.caFile },
    { name: 'test', ...user },
  );
  return config;
}

function connected(url?: string, tokenFile?: string) {
  const client = clientOf(() => configFor(url, tokenFile));
  ends.push(() => client.transport.close());
  return client;
}

async function proxied(): Promise<CutProxy> {
  const proxy = await CutProxy.start(cluster.url);
  ends.push(() => proxy.stop());
  return proxy;
}

/** An informer on this test's namespace. */
function informed<T extends KubeObject = ConfigMap>(
  client: ReturnType<typeof connected>,
  options: Partial<InformerOptions<T>> & { readonly resource: Resource },
) {
  const { logger, lines } = loggedLines();
  const { api, metrics } = client;
  const informer = new Informer<T>({ api, metrics, logger, timing: systemTiming, namespaces: [namespace], ...options });
  ends.push(() => informer.stop());
  informer.start();
  return { informer, lines };
}

const put = (api: ReturnType<typeof connected>['api'], name: string, value: string) =>
  api.apply(kinds.ConfigMap, { ...configMap(name, undefined, { namespace }), data: { value } });

/** What the server has, as the informer should know it. */
async function versionsOnServer(): Promise<Record<string, string>> {
  const { items } = await connected().api.listPage(kinds.ConfigMap, { namespace });
  return Object.fromEntries(items.map(({ metadata }) => [keyOf(metadata), metadata.resourceVersion!]));
}

const versionsIn = (informer: Informer<ConfigMap>) =>
  Object.fromEntries(Array.from(informer.values(), ({ metadata }) => [keyOf(metadata), metadata.resourceVersion!]));

const agrees = (informer: Informer<ConfigMap>) =>
  vi.waitFor(async () => expect(versionsIn(informer)).toEqual(await versionsOnServer()), {
    timeout: 60_000,
    interval: 200,
  });

describe('the informer', () => {
  it('knows everything after the API server was killed and restarted in the midst of writes', async () => {
    const client = connected();
    const { informer } = informed(client, { resource: kinds.ConfigMap, pace: { pageSize: 7 } });
    const told = new Map<string, string>();
    informer.onChange(({ type, object: { metadata } }) => {
      if (type === 'Deleted') told.delete(keyOf(metadata));
      else told.set(keyOf(metadata), metadata.resourceVersion!);
    });
    let writing = true;
    let written = 0;
    const writer = (async () => {
      const { api } = connected();
      for (; writing; written++) {
        const name = `c${written % 40}`;
        const write =
          written % 7 === 6 ? api.delete(kinds.ConfigMap, { namespace, name }) : put(api, name, `${written}`);
        // While the server is down nothing can be written.
        await write.catch(() => new Promise((resolve) => setTimeout(resolve, 50)));
      }
    })();
    for (let kills = 1; kills <= 2; kills++) {
      await vi.waitFor(() => expect(written).toBeGreaterThan(60 * kills), { timeout: 60_000 });
      await cluster.restartApiServer();
    }
    await vi.waitFor(() => expect(written).toBeGreaterThan(200), { timeout: 60_000 });
    writing = false;
    await writer;
    await agrees(informer);
    expect(Object.fromEntries(told)).toEqual(versionsIn(informer));
    expect((await valuesOf(client.registry, 'likeness_watch_ends_total'))['configmaps failed']).toBeGreaterThan(0);
  });

  it('lists again when the server no longer knows its version, and tells what it missed', async () => {
    const proxy = await proxied();
    const client = connected(proxy.url);
    const writer = connected();
    await put(writer.api, 'stays', '1');
    await put(writer.api, 'goes', '1');
    const { informer, lines } = informed(client, { resource: kinds.ConfigMap });
    const told: string[] = [];
    await informer.whenSynced();
    informer.onChange(({ type, object }) => void told.push(`${type} ${object.metadata.name}`));
    proxy.cut();
    await writer.api.delete(kinds.ConfigMap, { namespace, name: 'goes' });
    await put(writer.api, 'comes', '1');
    // The new server's watch cache begins after these changes: older versions are refused with 410.
    await cluster.restartApiServer();
    proxy.mend();
    await agrees(informer);
    expect(told.toSorted()).toEqual(['Added comes', 'Deleted goes']);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'WatchExpired' }));
    expect((await valuesOf(client.registry, 'likeness_watch_ends_total'))['configmaps expired']).toBe(1);
  });

  it('leaves a connection that has fallen silent', async () => {
    const proxy = await proxied();
    const client = connected(proxy.url);
    const { informer } = informed(client, { resource: kinds.ConfigMap, pace: { silenceMs: 3_000 } });
    await informer.whenSynced();
    await vi.waitFor(() => expect(proxy.connections).toBe(2));
    proxy.silence();
    await put(connected().api, 'late', '1');
    await vi.waitFor(() => expect(informer.get(`${namespace}/late`)).toBeDefined(), { timeout: 30_000 });
    expect((await valuesOf(client.registry, 'likeness_watch_ends_total'))['configmaps stalled']).toBeGreaterThan(0);
  });

  it('leaves no connection behind when it is stopped', async () => {
    const proxy = await proxied();
    const client = connected(proxy.url);
    const { informer } = informed(client, { resource: kinds.ConfigMap });
    await informer.whenSynced();
    await vi.waitFor(() => expect(proxy.connections).toBe(2));
    await informer.stop();
    await vi.waitFor(() => expect(proxy.connections).toBe(1));
    client.transport.close();
    await vi.waitFor(() => expect(proxy.connections).toBe(0));
  });
});

describe('server-side apply', () => {
  const builtIn = resourceIndex(Object.values(kinds));

  /** The golden manifests of an example, as far as the API server knows their kinds, owned by an object of this test. */
  async function manifests(file: string): Promise<KubeObject[]> {
    const { api } = connected();
    const { metadata } = await api.create(kinds.ConfigMap, configMap('owner', undefined, { namespace }));
    const ownerReferences = [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid!, controller: true },
    ];
    const objects = parseAllDocuments(readFileSync(join(golden, file), 'utf8')).map(
      (document) => document.toJS() as KubeObject,
    );
    return objects
      .filter(({ kind }) => kind in kinds)
      .map((object) => ({ ...object, metadata: { ...object.metadata, namespace, ownerReferences } }));
  }

  /** Informers for these kinds as the operator has them, and an applier that reads their caches. */
  function applying(client: ReturnType<typeof connected>, objects: readonly KubeObject[]) {
    const transform = keepOwnFields(manager);
    const informers = new Map<string, Informer>();
    for (const kind of new Set(objects.map((object) => object.kind))) {
      const resource = Object.values(kinds).find((known) => known.kind === kind)!;
      const metadataOnly = !['Deployment', 'StatefulSet', 'Job'].includes(kind);
      informers.set(kind, informed<KubeObject>(client, { resource, metadataOnly, transform }).informer);
    }
    const create = () =>
      new Applier({
        api: client.api,
        resourceOf: builtIn,
        cached: ({ kind, metadata }) => informers.get(kind)?.get(keyOf(metadata)),
        transform,
        hashAnnotation: 'likeness.dev/test-applied',
        timing: systemTiming,
      });
    const applier = create();
    for (const informer of informers.values()) informer.onChange(applier.observe);
    const synced = () => Promise.all(Array.from(informers.values(), (informer) => informer.whenSynced()));
    /** Waits until the caches show what the server has. */
    const caughtUp = async () => {
      for (const [kind, informer] of informers) {
        const resource = Object.values(kinds).find((known) => known.kind === kind)!;
        const { items } = await client.api.listPage(resource, { namespace, metadataOnly: true });
        await vi.waitFor(() => {
          for (const { metadata } of items)
            expect(informer.get(keyOf(metadata))?.metadata.resourceVersion).toBe(metadata.resourceVersion);
        });
      }
    };
    return { applier, create, synced, caughtUp };
  }

  const actionsOf = async (applier: Applier, objects: readonly KubeObject[]) => {
    const results = await applier.apply(objects);
    return Object.fromEntries(
      results.map(({ wanted, action, error }) => [`${wanted.kind} ${wanted.metadata.name}`, error ?? action]),
    );
  };
  const all = (objects: readonly KubeObject[], action: string) =>
    Object.fromEntries(objects.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, action]));

  it.each(['manifests-shop.yaml', 'manifests-full.yaml'])(
    'writes nothing the second time, nor after a restart: %s',
    async (file) => {
      const objects = await manifests(file);
      expect(objects.length).toBeGreaterThan(15);
      const client = connected();
      const { applier, create, synced, caughtUp } = applying(client, objects);
      await synced();
      expect(await actionsOf(applier, objects)).toEqual(all(objects, 'Created'));
      await caughtUp();
      const isWrite = ({ verb, namespace: where, userAgent }: { verb: string; namespace: string; userAgent: string }) =>
        verb === 'patch' && where === namespace && userAgent === 'likeness-test/1';
      const written = (await readAudit(cluster.auditLog, isWrite)).length;
      expect(written).toBe(objects.length);
      expect(await actionsOf(applier, objects)).toEqual(all(objects, 'Skipped'));
      expect(await actionsOf(create(), objects)).toEqual(all(objects, 'Skipped'));
      expect((await readAudit(cluster.auditLog, isWrite)).length).toBe(written);
    },
  );

  it('mends what somebody else changed, whatever kind it is, and leaves alone what is not ours', async () => {
    const objects = await manifests('manifests-full.yaml');
    const client = connected();
    const { applier, synced, caughtUp } = applying(client, objects);
    await synced();
    await applier.apply(objects);
    await caughtUp();
    const one = (kind: string) => objects.find((object) => object.kind === kind)!.metadata.name;
    const kubectl = (...args: string[]) => cluster.kubectl([...args, '-n', namespace]);
    const foreign = one('ServiceAccount');
    await kubectl('label', 'serviceaccount', foreign, 'theirs=yes');
    await kubectl(
      'patch',
      'service',
      one('Service'),
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/ports/0/port","value":9999}]',
    );
    await kubectl(
      'patch',
      'networkpolicy',
      one('NetworkPolicy'),
      '--type=merge',
      '-p',
      '{"spec":{"policyTypes":["Ingress"]}}',
    );
    await kubectl('patch', 'configmap', one('ConfigMap'), '--type=merge', '-p', '{"data":{"added":"by hand"}}');
    await kubectl('delete', 'poddisruptionbudget', one('PodDisruptionBudget'));
    await kubectl('set', 'image', `statefulset/${one('StatefulSet')}`, '*=broken:1');
    await caughtUp();
    await vi.waitFor(async () =>
      expect(Object.entries(await actionsOf(applier, objects)).filter(([, action]) => action !== 'Skipped')).toEqual(
        [],
      ),
    );
    const service = await client.api.get<KubeObject & { spec: { ports: { port: number }[] } }>(kinds.Service, {
      namespace,
      name: one('Service'),
    });
    expect(service.spec.ports.map(({ port }) => port)).not.toContain(9999);
    const account = await client.api.get(kinds.ServiceAccount, { namespace, name: foreign });
    expect(account.metadata.labels).toMatchObject({ theirs: 'yes' });
    expect(await kubectl('get', 'statefulset', one('StatefulSet'), '-o', 'yaml')).not.toContain('broken:1');
    await kubectl('get', 'poddisruptionbudget', one('PodDisruptionBudget'));
  });

  it('shows what it would do in a dry run, and does not do it', async () => {
    const { api } = connected();
    const wanted = { ...configMap('dry', undefined, { namespace }), data: { value: '1' } };
    const would = await api.apply(kinds.ConfigMap, wanted, { dryRun: true });
    expect(would).toMatchObject({ created: true, object: { data: { value: '1' } } });
    expect(await api.find(kinds.ConfigMap, { namespace, name: 'dry' })).toBeUndefined();
  });

  it('takes fields over from others, who are then refused them; old versions and other uids are conflicts', async () => {
    const { api } = connected();
    const theirs = JSON.stringify({ ...configMap('shared', undefined, { namespace }), data: { value: 'theirs' } });
    const apply = ['apply', '--server-side', '--field-manager=them', '-f', '-'];
    await cluster.kubectl(apply, { input: theirs });
    const { object, created } = await put(api, 'shared', 'ours');
    expect(created).toBe(false);
    expect((object as ConfigMap).data).toEqual({ value: 'ours' });
    await expect(cluster.kubectl(apply, { input: theirs })).rejects.toThrow(`conflict with "${manager}"`);
    const old = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } };
    const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error);
    expect(isConflict(await failure(api.replace(kinds.ConfigMap, old)))).toBe(true);
    const ref = { namespace, name: 'shared' };
    expect(
      isConflict(await failure(api.mergePatch(kinds.ConfigMap, ref, { metadata: { resourceVersion: '1' }, data: {} }))),
    ).toBe(true);
    expect(isConflict(await failure(api.delete(kinds.ConfigMap, ref, { uid: 'another' })))).toBe(true);
    expect(await api.delete(kinds.ConfigMap, ref, { uid: object.metadata.uid! })).toBe(true);
    expect(await api.delete(kinds.ConfigMap, ref)).toBe(false);
    expect(isNotFound(await failure(api.get(kinds.ConfigMap, ref)))).toBe(true);
  });
});

describe('the lease', () => {
  const times = { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 300 };

  function candidate(identity: string, url?: string) {
    const { api, metrics } = connected(url);
    const { logger } = loggedLines();
    const lost: string[] = [];
    const onLost = (reason: string) => void lost.push(reason);
    const elector = new Elector({
      api,
      metrics,
      logger,
      namespace,
      name: 'test',
      identity,
      timing: systemTiming,
      onLost,
      ...times,
    });
    ends.push(() => elector.stop());
    elector.start();
    return { elector, lost };
  }

  it('has one leader; cut off, it loses the lead and the other one takes over; stopped, it hands over', async () => {
    const proxy = await proxied();
    const a = candidate('a', proxy.url);
    await a.elector.whenLeading();
    const b = candidate('b');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect([a.elector.isLeading(), b.elector.isLeading()]).toEqual([true, false]);
    proxy.cut();
    await b.elector.whenLeading();
    expect(a.elector.isLeading()).toBe(false);
    expect(a.lost).toHaveLength(1);
    const c = candidate('c');
    await b.elector.stop();
    await c.elector.whenLeading();
    const lease = await connected().api.get(kinds.Lease, { namespace, name: 'test' });
    expect(lease).toMatchObject({ spec: { holderIdentity: 'c', leaseDurationSeconds: 3, leaseTransitions: 2 } });
    expect(b.lost).toEqual([]);
  });

  it('is lost when the API server is away for longer than the deadline, and won by a new process', async () => {
    const a = candidate('a');
    await a.elector.whenLeading();
    await cluster.killApiServer();
    await vi.waitFor(() => expect(a.lost).toHaveLength(1), { timeout: 10_000 });
    expect(a.elector.isLeading()).toBe(false);
    await cluster.startApiServer();
    const b = candidate('b');
    await b.elector.whenLeading();
    expect(a.elector.isLeading()).toBe(false);
  });
});

describe('events', () => {
  it('are seen by kubectl, and counted up when they repeat', async () => {
    const { api, metrics, registry } = connected();
    const { object } = await put(api, 'shop', '1');
    const { logger, lines } = loggedLines();
    const about = { reportingController: 'likeness.dev/test', reportingInstance: 'pod-1' };
    const recorder = new EventRecorder({ api, metrics, logger, timing: systemTiming, ...about });
    const happening = { type: 'Warning', reason: 'Broken', action: 'Test', note: 'ü'.repeat(1_500) } as const;
    for (let i = 0; i < 3; i++) recorder.record(object, happening);
    recorder.record(object, { ...happening, type: 'Normal', reason: 'Mended', note: 'well again' });
    await recorder.flush();
    expect(lines).toEqual([]);
    expect(await valuesOf(registry, 'likeness_kubernetes_events_total')).toEqual({ created: 2, counted: 2 });
    const list = JSON.parse(await cluster.kubectl(['get', 'events.events.k8s.io', '-n', namespace, '-o', 'json']));
    const broken = list.items.find(({ reason }: { reason: string }) => reason === 'Broken');
    expect(broken).toMatchObject({ series: { count: 3 }, regarding: { name: 'shop', uid: object.metadata.uid } });
    expect(Buffer.byteLength(broken.note)).toBeGreaterThan(1_000);
    expect(await cluster.kubectl(['events', '-n', namespace, '--for', 'ConfigMap/shop'])).toContain('well again');
  });
});

describe('authentication', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-runtime-'));
    ends.push(() => rmSync(folder, { recursive: true }));
  });

  it('reads a token again that the server refuses', async () => {
    await cluster.kubectl(['create', 'serviceaccount', 'reader', '-n', namespace]);
    const role = ['create', 'role', 'reader', '--verb=get,list', '--resource=configmaps', '-n', namespace];
    const binding = ['create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`];
    await cluster.kubectl(role);
    await cluster.kubectl([...binding, '-n', namespace]);
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'no token at all');
    const { api, registry } = connected(cluster.url, tokenFile);
    await expect(api.listPage(kinds.ConfigMap, { namespace })).rejects.toMatchObject({
      code: 401,
      reason: 'Unauthorized',
    });
    writeFileSync(tokenFile, await cluster.kubectl(['create', 'token', 'reader', '-n', namespace]));
    expect((await api.listPage(kinds.ConfigMap, { namespace })).resourceVersion).toMatch(/^\d+$/);
    await expect(api.listPage(kinds.Secret, { namespace })).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(await valuesOf(registry, 'rest_client_requests_total')).toEqual({
      '401 GET': 3,
      '200 GET': 1,
      '403 GET': 1,
    });
  });
});
