/** Ingest's write-ahead logs on a real control plane: nothing of them goes before it is empty, or given up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../operator/kubernetes/runtime/resource.ts';
import { fixedClass, growingClass, loggedPods, type LoggedPods, logVolumeFor } from './logged-pods.ts';
import { example, startWorld, type World } from './world.ts';

let world: World;
const opened: LoggedPods[] = [];

beforeAll(async () => {
  world = await startWorld();
  await world.apply(growingClass, fixedClass);
  await world.startOperator({ LIKENESS_REFRESH_SECONDS: '1' });
});
afterAll(() => world?.stop());
afterEach(() => {
  for (const pods of opened.splice(0)) pods.close();
  expect(world.fatal).toEqual([]);
});

const patience = { timeout: 60_000, interval: 250 };

const podsOf = (namespace: string): LoggedPods => {
  const pods = loggedPods(world, namespace);
  opened.push(pods);
  return pods;
};

/** Until it is Ready, its pods bound to volumes of their own. */
async function create(namespace: string, replicas: number, more = '', storageClass = growingClass): Promise<void> {
  const { name: storageClassName } = storageClass.metadata;
  await world.namespace(namespace);
  const volumes = Array.from({ length: replicas }, (_, ordinal) =>
    logVolumeFor(namespace, ordinal, { storageClassName }),
  );
  await world.apply(...volumes);
  await apply(namespace, { replicas, more, storageClassName });
  await becomes(namespace, 'Ready', 'True Ready');
}

interface Wanted {
  readonly replicas: number;
  readonly more: string;
  readonly size?: string;
  readonly storageClassName?: string;
}

function apply(namespace: string, { replicas, more, size = '1Gi', storageClassName = 'growing' }: Wanted) {
  const log = `{log: {size: ${size}, storageClassName: ${storageClassName}}}`;
  const yaml = `${example('shop.yaml')}\n  ingest: ${log}\n  stages: [{name: ingest, replicas: ${replicas}}]\n${more}`;
  return world.cluster.kubectl(['apply', '-n', namespace, '-f', '-'], { input: yaml });
}

const becomes = (namespace: string, type: string, wanted: string) =>
  expect.poll(() => world.condition(namespace, type), patience).toBe(wanted);

const messageOf = async (namespace: string, type: string) =>
  (await world.pipeline(namespace)).status?.conditions?.find((condition) => condition.type === type)?.message;

const patch = (namespace: string, spec: object) =>
  world.cluster.kubectl(['patch', 'ppl', 'shop', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);

const scaleTo = (namespace: string, replicas: number) => patch(namespace, { stages: [{ name: 'ingest', replicas }] });

interface LogSet extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly volumeClaimTemplates: readonly { readonly spec: { readonly resources: Requests } }[];
  };
}
interface Requests {
  readonly requests: { readonly storage: string };
}
type Claim = KubeObject & { readonly spec: { readonly resources: Requests } };

const names = async (namespace: string, kind: string) =>
  (await world.get<{ items: KubeObject[] }>('-n', namespace, kind)).items.map(({ metadata }) => metadata.name);
const logClaims = async (namespace: string) =>
  (await names(namespace, 'persistentvolumeclaims')).filter((name) => name.startsWith('log-'));
const setOf = (namespace: string) => world.get<LogSet>('-n', namespace, 'statefulset/shop-ingest');
const replicasBecome = (namespace: string, wanted: number) =>
  expect.poll(async () => (await setOf(namespace)).spec.replicas, patience).toBe(wanted);
const claimsBecome = (namespace: string, wanted: readonly string[]) =>
  expect.poll(() => logClaims(namespace), patience).toEqual(wanted);

/** Every pod says that nothing waits. */
async function allEmpty(namespace: string, pods: LoggedPods, count: number): Promise<void> {
  for (let ordinal = 0; ordinal < count; ordinal++) await pods.say(ordinal, 'Open', 0);
  await becomes(namespace, 'IngestDrained', 'True Drained');
}

/** The pods end as they do with Kafka there: held until they have said their last word. */
async function endEmpty(pods: LoggedPods, ...ordinals: readonly number[]): Promise<void> {
  await expect.poll(() => pods.going(), patience).toEqual(ordinals);
  for (const ordinal of ordinals) await pods.say(ordinal, 'Closed', 0);
  await pods.letGo(...ordinals);
}

describe('a log', () => {
  const namespace = 'logged';

  it('is known to be empty once each pod has said so, by its own narrow right', async () => {
    await create(namespace, 3);
    expect(await world.condition(namespace, 'IngestDrained')).toBe('Unknown NotReported');
    await claimsBecome(namespace, ['log-shop-ingest-0', 'log-shop-ingest-1', 'log-shop-ingest-2']);
    await allEmpty(namespace, podsOf(namespace), 3);
    const can = (...args: string[]) =>
      world.cluster
        .kubectl(['auth', 'can-i', `--as=system:serviceaccount:${namespace}:shop-ingest`, '-n', namespace, ...args])
        .then(
          () => true,
          () => false,
        );
    expect(await can('patch', 'configmaps/shop-ingest-report')).toBe(true);
    expect(await can('get', 'configmaps/shop-ingest-report')).toBe(false);
    expect(await can('patch', 'configmaps/shop-trainer-report')).toBe(false);
    expect(await can('patch', 'persistentvolumeclaims/log-shop-ingest-0')).toBe(false);
  });

  it('keeps its pod from being scaled in while events wait in it', async () => {
    const pods = podsOf(namespace);
    await pods.say(2, 'Open', 500);
    await becomes(namespace, 'IngestDrained', 'False EventsWaiting');
    await scaleTo(namespace, 1);
    await expect
      .poll(() => messageOf(namespace, 'IngestDrained'), patience)
      .toContain('shop-ingest-2 stays until then');
    await sleep(3000);
    expect((await setOf(namespace)).spec.replicas).toBe(3);
    expect(await world.condition(namespace, 'Ready')).toBe('True Ready');
  });

  it('brings its pod back that has ended with events left, and keeps the volume', async () => {
    const pods = podsOf(namespace);
    await pods.hold(1, 2);
    await pods.say(2, 'Open', 0);
    await expect.poll(() => pods.going(), patience).toEqual([1, 2]);
    await replicasBecome(namespace, 1);
    // Kafka has gone again meanwhile.
    await pods.say(1, 'Closed', 0);
    await pods.say(2, 'Closed', 4);
    await pods.letGo(1, 2);
    await replicasBecome(namespace, 3);
    await becomes(namespace, 'IngestDrained', 'False EventsWaiting');
    expect(await logClaims(namespace)).toContain('log-shop-ingest-2');
  });

  it('goes with its volume once it is empty', async () => {
    const pods = podsOf(namespace);
    await expect.poll(() => pods.uidOf(2).catch(() => undefined), patience).toBeTypeOf('string');
    await pods.hold(1, 2);
    for (const ordinal of [1, 2]) await pods.say(ordinal, 'Open', 0);
    await endEmpty(pods, 1, 2);
    await claimsBecome(namespace, ['log-shop-ingest-0']);
    expect((await setOf(namespace)).spec.replicas).toBe(1);
    await becomes(namespace, 'IngestDrained', 'True Drained');
  });

  it('grows where it is, and never shrinks', async () => {
    const before = await setOf(namespace);
    const claim = () => world.get<Claim>('-n', namespace, 'pvc/log-shop-ingest-0');
    const { uid } = (await claim()).metadata;
    await patch(namespace, { ingest: { log: { size: '2Gi' } } });
    const size = async () => (await setOf(namespace)).spec.volumeClaimTemplates[0]!.spec.resources.requests.storage;
    await expect.poll(() => size().catch(() => 'none'), patience).toBe('2Gi');
    expect((await claim()).spec.resources.requests.storage).toBe('2Gi');
    expect((await claim()).metadata.uid).toBe(uid);
    expect((await setOf(namespace)).metadata.uid).not.toBe(before.metadata.uid);
    await becomes(namespace, 'Ready', 'True Ready');
    await expect(patch(namespace, { ingest: { log: { size: '1Gi' } } })).rejects.toThrow(
      'ingest.log.size can only grow',
    );
    const other = patch(namespace, { ingest: { log: { storageClassName: 'other' } } });
    await expect(other).rejects.toThrow('ingest.log.storageClassName is immutable');
  });

  it('that is taken out of the spec stays until others take events in and it is empty', async () => {
    const pods = podsOf(namespace);
    await expect.poll(() => pods.uidOf(0).catch(() => undefined), patience).toBeTypeOf('string');
    await pods.say(0, 'Open', 9);
    await patch(namespace, { ingest: { log: null } });
    await expect.poll(() => names(namespace, 'deployments'), patience).toContain('shop-ingest');
    await expect
      .poll(() => messageOf(namespace, 'IngestDrained'), patience)
      .toContain('shop-ingest-0 stays until then');
    await sleep(3000);
    expect((await setOf(namespace)).spec.replicas).toBe(1);
    await pods.hold(0);
    await pods.say(0, 'Open', 0);
    await endEmpty(pods, 0);
    await expect.poll(() => names(namespace, 'statefulsets'), patience).toEqual([]);
    await claimsBecome(namespace, []);
    await becomes(namespace, 'IngestDrained', 'undefined undefined');
    await expect.poll(() => names(namespace, 'configmaps'), patience).not.toContain('shop-ingest-report');
    expect(await world.condition(namespace, 'Ready')).toBe('True Ready');
  });

  it('that is added takes over from pods without one', async () => {
    await world.apply(logVolumeFor(namespace, 0, { name: 'log-again' }));
    await patch(namespace, { ingest: { log: { size: '1Gi', storageClassName: 'growing' } } });
    const workloads = async () => [
      ...(await names(namespace, 'deployments')).filter((name) => name === 'shop-ingest').map(() => 'Deployment'),
      ...(await names(namespace, 'statefulsets')).map(() => 'StatefulSet'),
    ];
    const seen: string[][] = [];
    const look = async () => {
      const now = await workloads();
      seen.push(now);
      return now;
    };
    await expect.poll(look, { ...patience, interval: 50 }).toEqual(['StatefulSet']);
    expect(seen).not.toContainEqual([]);
    await becomes(namespace, 'Ready', 'True Ready');
  });

  it('keeps its pipeline from going until it is given up', async () => {
    const pods = podsOf(namespace);
    await pods.say(0, 'Open', 11);
    await world.cluster.kubectl(['delete', '-n', namespace, 'ppl/shop', '--wait=false']);
    await becomes(namespace, 'IngestDrained', 'False EventsWaiting');
    await expect.poll(() => messageOf(namespace, 'Ready'), patience).toContain('11 events');
    expect(await messageOf(namespace, 'Ready')).toContain('likeness.dev/discard-undrained=true');
    await expect.poll(() => names(namespace, 'services'), patience).not.toContain('shop-ingest');
    await sleep(3000);
    expect([(await setOf(namespace)).spec.replicas, await logClaims(namespace)]).toEqual([1, ['log-shop-ingest-0']]);
    await world.cluster.kubectl(['annotate', 'ppl/shop', '-n', namespace, 'likeness.dev/discard-undrained=true']);
    await world.cluster.kubectl(['wait', '--for=delete', '-n', namespace, 'ppl/shop', '--timeout=60s']);
    await claimsBecome(namespace, []);
  });
});

it('is emptied before its pipeline goes, its volume kept where that is to be retained, and grown for the next one', async () => {
  const namespace = 'kept';
  const retained = '  deletionPolicy: Retain\n';
  await create(namespace, 1, retained);
  const pods = podsOf(namespace);
  await allEmpty(namespace, pods, 1);
  await pods.hold(0);
  await world.cluster.kubectl(['delete', '-n', namespace, 'ppl/shop', '--wait=false']);
  await endEmpty(pods, 0);
  await world.cluster.kubectl(['wait', '--for=delete', '-n', namespace, 'ppl/shop', '--timeout=60s']);
  expect(await logClaims(namespace)).toEqual(['log-shop-ingest-0']);
  await apply(namespace, { replicas: 1, more: retained, size: '2Gi' });
  const claim = () => world.get<Claim>('-n', namespace, 'persistentvolumeclaim/log-shop-ingest-0');
  await expect.poll(async () => (await claim()).spec.resources.requests.storage, patience).toBe('2Gi');
  await becomes(namespace, 'Ready', 'True Ready');
});

it('leaves pods and volumes as they are where these cannot grow, and says what to do', async () => {
  const namespace = 'fixed';
  await create(namespace, 1, '', fixedClass);
  const pods = podsOf(namespace);
  await allEmpty(namespace, pods, 1);
  const uids = async () => [(await setOf(namespace)).metadata.uid, await pods.uidOf(0)];
  const before = await uids();
  await patch(namespace, { ingest: { log: { size: '2Gi' } } });
  await expect.poll(() => messageOf(namespace, 'Degraded'), patience).toContain('log-shop-ingest-0 cannot grow to 2Gi');
  expect(await messageOf(namespace, 'Degraded')).toContain('allowVolumeExpansion');
  await sleep(3000);
  expect(await uids()).toEqual(before);
});

it('stays with its volume while its pipeline is suspended, and is delivered after', async () => {
  const namespace = 'resting';
  await create(namespace, 1);
  const pods = podsOf(namespace);
  await pods.say(0, 'Open', 3);
  await becomes(namespace, 'IngestDrained', 'False EventsWaiting');
  await patch(namespace, { suspend: true });
  await replicasBecome(namespace, 0);
  await expect.poll(() => messageOf(namespace, 'IngestDrained'), patience).toContain('suspended');
  expect(await logClaims(namespace)).toEqual(['log-shop-ingest-0']);
  await patch(namespace, { suspend: false });
  await replicasBecome(namespace, 1);
  await expect.poll(() => pods.uidOf(0).catch(() => undefined), patience).toBeTypeOf('string');
  await allEmpty(namespace, pods, 1);
});
