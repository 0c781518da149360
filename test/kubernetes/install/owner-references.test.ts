/** The rights that are needed only where the API server guards owner references, as OpenShift's does. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { chart } from '../helm.ts';
import { namespaceOf } from '../operator/restricted-namespace.ts';
import { example } from '../operator/world.ts';
import { install, release, values, type Installed } from './installed.ts';

const plugins = '--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement';
let installed: Installed;

beforeAll(async () => {
  installed = await install({ parts: 'api', apiServerArgs: [plugins] });
  await installed.startOperator();
  await installed.apply(...namespaceOf('shops'));
  await installed.cluster.kubectl(['apply', '-n', 'shops', '-f', '-'], { input: example('shop.yaml') });
});
afterAll(() => installed?.stop());

const patience = { timeout: 60_000, interval: 250 };

it('are missed by an operator that was not given them', async () => {
  const refused = async () =>
    (await installed.requests()).filter(({ status }) => status === 403).map(({ verb }) => verb);
  await expect.poll(refused, patience).toContain('create');
});

it('suffice to make what a pipeline has, and to leave its models behind', async () => {
  const guarded = ['--set', 'rbac.ownerReferencesPermissionEnforcement=true'];
  await installed.home.helm('upgrade', release.name, chart, '-n', release.namespace, ...values(), ...guarded);
  await installed.startOperator();
  await expect.poll(() => installed.condition('shops', 'Degraded'), patience).toBe('False Healthy');
  const owners = async () =>
    (await installed.get<V1PersistentVolumeClaim>('-n', 'shops', 'pvc/shop-models')).metadata!.ownerReferences?.length;
  expect(await owners()).toBe(1);
  const retain = JSON.stringify({ spec: { deletionPolicy: 'Retain' } });
  await installed.cluster.kubectl(['patch', 'ppl', 'shop', '-n', 'shops', '--type=merge', '-p', retain]);
  await expect.poll(owners, patience).toBeUndefined();
  expect(await installed.condition('shops', 'Degraded')).toBe('False Healthy');
});
