import { expect, test } from 'vitest';
import type { Children } from './children.ts';
import { observePipeline } from './observe-pipeline.ts';
import type { KubernetesObject } from './render/rendering.ts';
import type { KubeObject } from './runtime/resource.ts';

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

async function observed(...there: readonly KubeObject[]) {
  const asked: unknown[] = [];
  const scheduled = { type: 'PodScheduled', status: 'False', message: 'no node has room' };
  const api = {
    listPage: async (_resource: unknown, selection: unknown) => {
      asked.push(selection);
      return { items: [{ metadata: { name: 'shop-cleaner-1' }, status: { conditions: [scheduled] } }] };
    },
  };
  const status = await observePipeline(
    {
      api: api as never,
      children: { of: () => there } as unknown as Children,
      timing: { now: () => now } as never,
      release: { version: '0.1.0' },
    },
    'shops/shop',
    { pipeline, refusal: undefined, applyFailure: undefined },
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
