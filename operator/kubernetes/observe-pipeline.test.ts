import { expect, test } from 'vitest';
import type { Children } from './children.ts';
import { observePipeline } from './observe-pipeline.ts';
import type { KubernetesObject } from './render/rendering.ts';
import type { KubeObject, ObjectRef } from './runtime/resource.ts';
import { exampleSpec, rendered } from '../../test/golden/examples.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const pipeline = {
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name: 'shop', namespace: 'shops', generation: 4 },
};

const deployment = (stage: string, ready: number, creationTimestamp: string): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `shop-${stage}`, labels: { 'app.kubernetes.io/component': stage }, creationTimestamp },
  spec: { replicas: 1, template: {} },
  status: { readyReplicas: ready, updatedReplicas: ready },
});

const unscheduled = { conditions: [{ type: 'PodScheduled', status: 'False', message: 'no node has room' }] };
const creating = { containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] };

const observed = (...there: readonly KubeObject[]) => observedWith(unscheduled, there);

/** No Secret is there. `pod`: the status of each pod. */
async function observedWith(pod: object, there: readonly KubeObject[]) {
  const asked: unknown[] = [];
  const api = {
    listPage: async (_resource: unknown, selection: unknown) => {
      asked.push(selection);
      return { items: [{ metadata: { name: 'shop-cleaner-1' }, status: pod }] };
    },
    find: async (_resource: unknown, { name }: ObjectRef) => void asked.push(name),
  };
  const { plan } = rendered(exampleSpec('shop'));
  const status = await observePipeline(
    {
      api: api as never,
      children: { of: () => there } as unknown as Children,
      timing: { now: () => now } as never,
      release: { version: '0.1.0' },
    },
    'shops/shop',
    { pipeline, plan, refusal: undefined, applyFailure: undefined },
  );
  const stages = status.conditions?.find(({ type }) => type === 'StagesReady');
  return { asked, status, stages };
}

test('asks for the pods of a stage that stays behind, and for no others', async () => {
  const { asked, stages } = await observed(
    deployment('ingest', 0, '2026-01-01T00:00:51Z'),
    deployment('cleaner', 0, '2026-01-01T00:00:50Z'),
    deployment('feature', 1, '2026-01-01T00:00:00Z'),
  );
  const labelSelector = 'likeness.dev/pipeline=shop,app.kubernetes.io/component=cleaner';
  expect(asked).toEqual([{ namespace: 'shops', labelSelector }]);
  expect(stages?.message).toContain('no node has room');
});

test('names the Secret that pods without containers wait for, and asks for none otherwise', async () => {
  const late = deployment('serving', 0, '2026-01-01T00:00:00Z');
  const { status } = await observedWith(creating, [late]);
  const why = status.conditions?.find(({ type }) => type === 'ServingReady');
  expect(why?.message).toContain('there is no Secret shop-signing-key (spec.modelStore.signingKeySecretRef)');
  expect(status.conditions?.find(({ type }) => type === 'Degraded')).toMatchObject({
    status: 'True',
    reason: 'StageFailing',
  });
  expect((await observed(late)).asked).toHaveLength(1);
});

test('tells where serving is and how its pods are found', async () => {
  const { status } = await observed(deployment('serving', 1, '2026-01-01T00:00:00Z'));
  expect(status.observedGeneration).toBe(4);
  expect(status.serving).toEqual({
    url: 'http://shop-serving.shops.svc',
    selector: 'app.kubernetes.io/name=likeness,app.kubernetes.io/instance=shop,app.kubernetes.io/component=serving',
    replicas: 1,
    readyReplicas: 1,
  });
});
