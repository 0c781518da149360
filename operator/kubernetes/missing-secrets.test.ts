import { expect, test } from 'vitest';
import type { V1Pod } from '@kubernetes/client-node';
import { specSchema } from '../../crds/pipeline.ts';
import { planPipeline } from '../plan.ts';
import type { ObjectRef, Resource } from './runtime/resource.ts';
import { missingSecrets, waitsForVolumes } from './missing-secrets.ts';

const s3 = { endpoint: 'http://s3', bucket: 'models', secretRef: { name: 'shop-s3' } };

const apiWith = (secrets: Readonly<Record<string, Readonly<Record<string, string>>>>) => ({
  find: <T>({ kind }: Resource, { namespace, name }: ObjectRef) => {
    expect([kind, namespace]).toEqual(['Secret', 'shops']);
    return Promise.resolve((secrets[name] && { data: secrets[name] }) as T | undefined);
  },
});

function servingsOf(spec: object) {
  const whole = { kafka: { bootstrapServers: 'kafka:9092' }, store: { redis: { url: 'redis://redis' } }, ...spec };
  const plan = planPipeline({ namespace: 'shops', name: 'shop', epoch: 1, spec: specSchema.parse(whole) });
  return plan.workloads.find(({ name }) => name === 'serving')!.secrets;
}

const own = { 'shop-signing-key': { 'signing.pub.pem': 'x' }, 'shop-read-keys': { 'read-keys.json': 'x' } };

test('a Secret that is not there is named, with its entries and the field that names it', async () => {
  const uses = servingsOf({ modelStore: { s3 } });
  expect(await missingSecrets(apiWith(own), 'shops', uses)).toEqual([
    'there is no Secret shop-s3 (spec.modelStore.s3.secretRef): create it, with access-key-id and secret-access-key, ' +
      'or name another',
  ]);
});

test('an entry that is not there is named', async () => {
  const uses = servingsOf({ modelStore: { s3 } });
  expect(await missingSecrets(apiWith({ ...own, 'shop-s3': { 'access-key-id': 'x' } }), 'shops', uses)).toEqual([
    'the Secret shop-s3 (spec.modelStore.s3.secretRef) has no secret-access-key: add it, or name another',
  ]);
});

test('nothing is said where all is there', async () => {
  const s3Keys = { 'access-key-id': 'x', 'secret-access-key': 'y' };
  expect(
    await missingSecrets(apiWith({ ...own, 'shop-s3': s3Keys }), 'shops', servingsOf({ modelStore: { s3 } })),
  ).toEqual([]);
});

test.each([
  ['ContainerCreating', true],
  ['CrashLoopBackOff', false],
  [undefined, false],
])('a pod whose container is in %s waits for volumes: %s', (reason, waits) => {
  const pod = { status: { containerStatuses: [{ state: { waiting: reason && { reason } } }] } } as unknown as V1Pod;
  expect(waitsForVolumes(pod)).toBe(waits);
  expect(waitsForVolumes({})).toBe(false);
});
