/** Pods of ingest with a log, as a test plays them: kwok's run nothing, so the test says what they would say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../../operator/kubernetes/runtime/resource.ts';
import { patchData } from '../../../services/shared/adapters/config-map-report.ts';
import type { World } from './world.ts';

export interface LoggedPods {
  /** As the pod itself would, by the token of its account. `uid`: the pod's own. */
  say(ordinal: number, state: 'Open' | 'Closed', events: number, uid?: string): Promise<void>;
  uidOf(ordinal: number): Promise<string>;
  /** From here on these pods do not go before they are let go, as if they were emptying their logs. */
  hold(...ordinals: readonly number[]): Promise<void>;
  letGo(...ordinals: readonly number[]): Promise<void>;
  /** Ordinals of those that end. */
  going(): Promise<number[]>;
  /** Removes what was written for them. */
  close(): void;
}

const finalizer = 'testbed.likeness.dev/draining';

export function loggedPods(world: World, namespace: string): LoggedPods {
  const { cluster } = world;
  const folder = mkdtempSync(join(tmpdir(), 'likeness-token-'));
  writeFileSync(join(folder, 'ca.crt'), cluster.ca);
  const { hostname: host, port } = new URL(cluster.url);
  const target = { namespace, name: 'shop-ingest-report', host, port: Number(port), folder };
  const podName = (ordinal: number) => `shop-ingest-${ordinal}`;
  const uidOf = async (ordinal: number) =>
    (await world.get<KubeObject>('-n', namespace, `pod/${podName(ordinal)}`)).metadata.uid!;
  const finalizers = (ordinal: number, wanted: readonly string[]) =>
    cluster.kubectl([
      'patch',
      `pod/${podName(ordinal)}`,
      '-n',
      namespace,
      '--type=merge',
      '-p',
      JSON.stringify({ metadata: { finalizers: wanted } }),
    ]);
  return {
    say: async (ordinal, state, events, uid) => {
      writeFileSync(join(folder, 'token'), await cluster.kubectl(['create', 'token', 'shop-ingest', '-n', namespace]));
      const pod = uid ?? (await uidOf(ordinal));
      await patchData(target, { [podName(ordinal)]: JSON.stringify({ state, events, bytes: events * 200, pod }) });
    },
    uidOf,
    hold: async (...ordinals) => {
      for (const ordinal of ordinals) await finalizers(ordinal, [finalizer]);
    },
    letGo: async (...ordinals) => {
      for (const ordinal of ordinals) await finalizers(ordinal, []);
    },
    going: async () => {
      const { items } = await world.get<{ items: KubeObject[] }>('-n', namespace, 'pods', '-l', ofIngest);
      return items
        .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
        .map(({ metadata }) => Number(metadata.name.slice(podName(0).length - 1)))
        .toSorted((a, b) => a - b);
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

const ofIngest = 'app.kubernetes.io/component=ingest';

/** A class whose volumes may grow, and nobody to provision them. */
export const growingClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'growing' },
  provisioner: 'kubernetes.io/no-provisioner',
  allowVolumeExpansion: true,
};

/** Likewise, but they may not grow. */
export const fixedClass = { ...growingClass, metadata: { name: 'fixed' }, allowVolumeExpansion: false };

/** The volume that a claim of the pod binds to. */
export const logVolumeFor = (
  namespace: string,
  ordinal: number,
  { name = `log-${namespace}-${ordinal}`, storageClassName = 'growing' } = {},
) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteOnce'],
    storageClassName,
    persistentVolumeReclaimPolicy: 'Retain',
    hostPath: { path: `/logs/${name}` },
    claimRef: { namespace, name: `log-shop-ingest-${ordinal}` },
  },
});
