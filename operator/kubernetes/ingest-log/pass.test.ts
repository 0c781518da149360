import { expect, it } from 'vitest';
import { specSchema } from '../../../crds/pipeline.ts';
import { planPipeline } from '../../plan.ts';
import { renderPipeline } from '../render/render.ts';
import type { KubeObject } from '../runtime/resource.ts';
import { passOverLogs, type LogDeps } from './pass.ts';

const key = 'shops/shop';
const labels = { 'app.kubernetes.io/component': 'ingest' };

const plan = (stage: object) =>
  planPipeline({
    namespace: 'shops',
    name: 'shop',
    epoch: 1,
    spec: specOf(stage),
  });

const specOf = (stage: object) =>
  specSchema.parse({
    kafka: { bootstrapServers: 'kafka:9092' },
    store: { redis: { url: 'redis://redis' } },
    ingest: { log: {} },
    stages: [{ name: 'ingest', ...stage }],
  });

/** Pods 0 to 2 with volumes; that of the last one holds events. */
async function passed(stage: object) {
  const planned = plan(stage);
  const options = {
    spec: specOf(stage),
    uid: 'u',
    image: 'likeness:test',
    version: '0.1.0',
    capabilities: { monitors: false, keda: false },
  };
  const objects = renderPipeline(planned, options);
  const reports = Object.fromEntries(
    [0, 0, 7].map((events, ordinal) => [
      `shop-ingest-${ordinal}`,
      JSON.stringify({ state: 'Open', events, bytes: events, pod: `uid-${ordinal}` }),
    ]),
  );
  const claims = [0, 1, 2].map((ordinal) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: `log-shop-ingest-${ordinal}`, namespace: 'shops', labels },
    status: { phase: 'Bound' },
  }));
  const pods = [0, 1, 2].map((ordinal) => ({
    metadata: { name: `shop-ingest-${ordinal}`, namespace: 'shops', uid: `uid-${ordinal}` },
  }));
  const set = {
    ...objects.find(({ kind }) => kind === 'StatefulSet')!,
    metadata: { name: 'shop-ingest', namespace: 'shops', labels },
  };
  const deps = {
    api: {
      listPage: async ({ kind }: { readonly kind: string }) => ({ items: kind === 'Pod' ? pods : claims }),
      find: async () => ({ data: reports }),
    },
    children: { of: () => [set, ...claims], cached: () => undefined },
    reports: { logsOf: () => reports },
  } as unknown as LogDeps;
  const pipeline = { apiVersion: 'v1', kind: 'ProfilePipeline', metadata: { name: 'shop', namespace: 'shops' } };
  const result = await passOverLogs(deps, key, { pipeline, plan: planned, objects });
  const specIn = (kind: string, of: readonly KubeObject[] = result.objects) =>
    (of.find((object) => object.kind === kind) as { readonly spec?: object } | undefined)?.spec;
  return { result, objects, specIn };
}

it('leaves what is not about numbers as it was rendered, the very same objects', async () => {
  const { result, objects } = await passed({ replicas: 3 });
  expect(result.objects).toHaveLength(objects.length);
  for (const [index, object] of result.objects.entries()) expect(object).toBe(objects[index]);
  expect(result.isBusy).toBe(false);
  expect(result.verdict).toMatchObject({ status: 'False', reason: 'EventsWaiting' });
});

it('keeps the pods that a log needs', async () => {
  const { result, specIn } = await passed({ replicas: 1 });
  expect(specIn('StatefulSet')).toMatchObject({ replicas: 3 });
  expect(result.isBusy).toBe(true);
});

it('lets no autoscaler go below them', async () => {
  const { specIn } = await passed({ autoscaling: { minReplicas: 1, maxReplicas: 2 } });
  expect(specIn('StatefulSet')).not.toHaveProperty('replicas');
  expect(specIn('HorizontalPodAutoscaler')).toMatchObject({ minReplicas: 3, maxReplicas: 3 });
});
