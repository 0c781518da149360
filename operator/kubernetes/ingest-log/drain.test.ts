import { expect, it } from 'vitest';
import type { KubeObject, ObjectRef, Resource } from '../runtime/resource.ts';
import type { LogDeps } from './pass.ts';
import { drainLogs } from './drain.ts';

const key = 'shops/shop';
const labels = { 'app.kubernetes.io/component': 'ingest' };
const child = (kind: string, apiVersion: string, name: string, more: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shops', uid: name, labels, generation: 1 },
  ...more,
});

/** One pod, whose log is as it says. */
function world({ said, hasPod = true, replicas = 1 }: { said: object; hasPod?: boolean; replicas?: number }) {
  const set = child('StatefulSet', 'apps/v1', 'shop-ingest', {
    spec: { replicas },
    status: { observedGeneration: 1, replicas: hasPod ? 1 : 0 },
  });
  const claim = child('PersistentVolumeClaim', 'v1', 'log-shop-ingest-0', { status: { phase: 'Bound' } });
  const others = [
    child('Service', 'v1', 'shop-ingest'),
    child('HorizontalPodAutoscaler', 'autoscaling/v2', 'shop-ingest'),
    child('ConfigMap', 'v1', 'shop-ingest-report'),
    { ...child('Service', 'v1', 'shop-serving'), metadata: { name: 'shop-serving', namespace: 'shops' } },
  ];
  const data = { 'shop-ingest-0': JSON.stringify({ bytes: 0, pod: 'uid', ...said }) };
  const asked: string[] = [];
  const done: string[] = [];
  const pods = hasPod ? [child('Pod', 'v1', 'shop-ingest-0')] : [];
  const deps = {
    api: {
      listPage: async ({ kind }: Resource) => {
        asked.push(kind);
        return { items: kind === 'Pod' ? pods : [claim] };
      },
      find: async ({ kind }: Resource) => {
        asked.push(kind);
        return { data };
      },
      delete: async ({ kind }: Resource, { name }: ObjectRef) => void done.push(`delete ${kind} ${name}`),
      mergePatch: async ({ kind }: Resource, _ref: ObjectRef, { spec }: { readonly spec: object }) =>
        void done.push(`patch ${kind} ${JSON.stringify(spec)}`),
    },
    children: { of: () => [set, claim, ...others] },
    reports: { logsOf: () => data },
  } as unknown as LogDeps;
  const pipeline = { apiVersion: 'v1', kind: 'ProfilePipeline', metadata: { name: 'shop', namespace: 'shops' } };
  return { drain: (removes: boolean) => drainLogs(deps, key, { pipeline, removes }), asked, done };
}

const closedDoor = ['delete Service shop-ingest', 'delete HorizontalPodAutoscaler shop-ingest'];

it('takes nothing in any more, and keeps the pods whose logs hold events', async () => {
  const { drain, done } = world({ said: { state: 'Open', events: 5 } });
  expect(await drain(true)).toMatchObject({ status: 'False', reason: 'EventsWaiting' });
  expect(done).toEqual(closedDoor);
});

it('lets the pods of empty logs end, and waits for their last word', async () => {
  const { drain, done } = world({ said: { state: 'Open', events: 0, pod: 'shop-ingest-0' } });
  expect(await drain(true)).toMatchObject({ reason: 'Draining' });
  expect(done).toEqual([...closedDoor, 'patch StatefulSet {"replicas":0}']);
});

it('removes empty volumes once no pod comes back to them, or keeps them', async () => {
  const ended = { said: { state: 'Closed', events: 0 }, hasPod: false, replicas: 0 };
  const gone = world(ended);
  expect(await gone.drain(true)).toMatchObject({ reason: 'Draining' });
  expect(gone.done).toEqual([...closedDoor, 'delete PersistentVolumeClaim log-shop-ingest-0']);
  const kept = world(ended);
  expect(await kept.drain(false)).toBeUndefined();
  expect(kept.done).toEqual(closedDoor);
});

it('looks at pods before it reads what they say, because who is gone has said its last', async () => {
  const { drain, asked } = world({ said: { state: 'Open', events: 5 } });
  await drain(true);
  expect(asked.indexOf('Pod')).toBeLessThan(asked.indexOf('ConfigMap'));
});
