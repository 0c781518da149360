import { describe, expect, test } from 'vitest';
import { specSchema } from '../../crds/pipeline.ts';
import { finalizePipeline } from './finalizer.ts';
import type { PipelineObject } from './read-pipeline.ts';
import type { ReconcileDeps } from './reconcile.ts';
import type { KubeObject } from './runtime/resource.ts';
import type { Removal } from './topics-keeper.ts';

const key = 'shops/shop';
const connections = { kafka: { bootstrapServers: 'kafka:9092' }, store: { redis: { url: 'redis://redis:6379' } } };
const refused = { features: [{ name: 'x', ratio: { of: 'nothing', to: 'nothing' } }] };

const goodSpec = {
  metadata: { name: 'shop-spec-01234567', ownerReferences: [{ uid: 'u' }] },
  data: { 'spec.json': JSON.stringify(specSchema.parse(connections)) },
};

const pipelineWith = (spec: object, finalizers = ['likeness.dev/outside', 'others']): PipelineObject => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name: 'shop', namespace: 'shops', uid: 'u', resourceVersion: '7', finalizers, generation: 2 },
  spec: { ...connections, ...spec },
});

interface Surroundings {
  readonly workloads?: readonly KubeObject[];
  readonly removal?: Removal;
  /** Whether a spec was good before. */
  readonly hasGood?: boolean;
}

async function finalized(
  pipeline: PipelineObject,
  { workloads = [], removal = 'Removed', hasGood = false }: Surroundings = {},
) {
  const calls: unknown[] = [];
  const note =
    (name: string, answer?: unknown) =>
    (...args: readonly { readonly metadata?: unknown }[]) => {
      calls.push([name, ...args]);
      return answer;
    };
  const patches: object[] = [];
  const deps = {
    api: {
      delete: async (_resource: unknown, ref: unknown, options: unknown) =>
        note('delete')(ref as never, options as never),
      mergePatch: async (_resource: unknown, _ref: unknown, patch: object) => patches.push(patch),
      listPage: async () => ({ items: hasGood ? [goodSpec] : [] }),
      find: async () => goodSpec,
    },
    children: { of: () => workloads },
    defaults: {},
    timing: { now: () => 0 },
    events: { record: () => {} },
    rested: { disturb: () => {} },
    topics: { remove: note('remove', removal), forget: note('forget') },
    models: { forget: () => {} },
    trainings: { forget: () => {} },
    wantedTopics: () => ({}),
  } as unknown as ReconcileDeps;
  const result = await finalizePipeline(deps, key, pipeline);
  return { result, patches, did: calls.map((call) => (call as unknown[])[0]), calls };
}

const released = [{ metadata: { resourceVersion: '7', finalizers: ['others'] } }];

test('with the topics and profiles removed the finalizer goes, and no other', async () => {
  const { result, patches, did } = await finalized(pipelineWith({}));
  expect(patches).toEqual(released);
  expect(did).toEqual(['remove', 'forget']);
  expect(result).toBeUndefined();
});

test('one without the finalizer is left alone', async () => {
  expect(await finalized(pipelineWith({}, ['others']))).toMatchObject({ patches: [], did: [] });
});

describe('Retain', () => {
  test.each([
    ['of a good spec', {}],
    ['of a spec that is refused otherwise', refused],
  ])('%s leaves everything where it is', async (_name, more) => {
    const pipeline = pipelineWith({ ...more, deletionPolicy: 'Retain' });
    const { patches, did } = await finalized(pipeline, { hasGood: true });
    expect(patches).toEqual(released);
    expect(did).toEqual(['forget']);
  });
});

test('while its spec is refused, what the last good one made is removed', async () => {
  const { patches, did } = await finalized(pipelineWith(refused), { hasGood: true });
  expect(patches).toEqual(released);
  expect(did).toEqual(['remove', 'forget']);
});

test('a spec that was never good has nothing outside', async () => {
  const { patches, did } = await finalized(pipelineWith(refused));
  expect(patches).toEqual(released);
  expect(did).toEqual(['forget']);
});

test('topics go only after the workloads are gone, with their pods', async () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop-feature', namespace: 'shops' },
  };
  const { result, patches, calls } = await finalized(pipelineWith({}), { workloads: [deployment] });
  expect(calls).toEqual([['delete', { namespace: 'shops', name: 'shop-feature' }, { propagation: 'Foreground' }]]);
  expect(JSON.stringify(patches)).toContain('The stages are being stopped.');
  expect(result).toEqual({ requeueAfterMs: 5000 });
});

test('what is going already is waited for', async () => {
  const metadata = { name: 'shop-feature', namespace: 'shops', deletionTimestamp: '2026-01-01T00:00:00Z' };
  const { did } = await finalized(pipelineWith({}), {
    workloads: [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata }],
  });
  expect(did).toEqual([]);
});

test.each([
  ['Removing', 'Topics and profiles are being removed. To leave topics'],
  [{ failed: 'no broker answers' }, 'Removing failed: no broker answers. To leave topics'],
] as const)('%j is said, with the way out', async (removal, message) => {
  const { result, patches } = await finalized(pipelineWith({}), { removal });
  expect(JSON.stringify(patches)).toContain(message);
  expect(JSON.stringify(patches)).not.toContain('finalizers');
  expect(result).toEqual({ requeueAfterMs: 5000 });
});
