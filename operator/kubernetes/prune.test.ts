import { describe, expect, test } from 'vitest';
import type { Children } from './children.ts';
import { pruneChildren } from './prune.ts';
import type { KubeObject } from './runtime/resource.ts';

const owner = {
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  name: 'shop',
  uid: 'u',
  controller: true,
};

const object = (kind: string, name: string, more: object = {}): KubeObject => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: { name, namespace: 'shops', uid: `uid-${name}`, ownerReferences: [owner] },
  ...more,
});

const rolledOut = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, observedGeneration: undefined };

async function pruned(there: readonly KubeObject[], wanted: readonly KubeObject[]): Promise<string[]> {
  const deleted: string[] = [];
  const cached = (one: KubeObject) =>
    there.find(({ kind, metadata }) => kind === one.kind && metadata.name === one.metadata.name);
  const children = { of: () => there, cached } as unknown as Children;
  const api = {
    delete: async (_resource: unknown, { name }: { name: string }, { uid }: { uid?: string } = {}) => {
      deleted.push(`${name} ${uid}`);
      return true;
    },
  };
  await pruneChildren({ api, children }, 'shops/shop', wanted);
  return deleted;
}

test('what is no longer rendered goes, by the uid that was seen', async () => {
  const there = [object('Service', 'kept'), object('Service', 'stale')];
  expect(await pruned(there, [object('Service', 'kept')])).toEqual(['stale uid-stale']);
});

test.each(['PersistentVolumeClaim', 'Secret', 'Job', 'KafkaTopic'])('a %s stays', async (kind) => {
  expect(await pruned([object(kind, 'stale')], [])).toEqual([]);
});

test('what somebody else owns, or nobody, stays', async () => {
  const foreign = { ...owner, kind: 'CronJob' };
  const metadata = { name: 'x', namespace: 'shops' };
  const there = [
    { ...object('ConfigMap', 'x'), metadata },
    { ...object('ConfigMap', 'y'), metadata: { ...metadata, ownerReferences: [foreign] } },
  ];
  expect(await pruned(there, [])).toEqual([]);
});

test('what is being deleted is not deleted again', async () => {
  const going = object('Service', 'going');
  const there = [{ ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }];
  expect(await pruned(there, [])).toEqual([]);
});

describe('a ConfigMap', () => {
  const stale = object('ConfigMap', 'old-environment');
  const deployment = object('Deployment', 'shop-cleaner');

  test('goes once every workload runs as rendered', async () => {
    const there = [stale, { ...deployment, status: rolledOut }];
    expect(await pruned(there, [deployment])).toEqual(['old-environment uid-old-environment']);
  });

  test.each([
    ['is behind', { ...rolledOut, readyReplicas: 0 }],
    ['has pods of the old template', { ...rolledOut, replicas: 2 }],
    ['has not been seen by its controller', { ...rolledOut, observedGeneration: 1 }],
  ])('stays while a workload %s', async (_name, status) => {
    expect(await pruned([stale, { ...deployment, status } as KubeObject], [deployment])).toEqual([]);
  });
});
