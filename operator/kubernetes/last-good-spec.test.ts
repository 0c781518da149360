import { expect, test } from 'vitest';
import { specSchema } from '../../crds/pipeline.ts';
import { lastGoodSpec, markGoodSpec } from './last-good-spec.ts';
import type { KubernetesObject } from './render/rendering.ts';
import type { Applied } from './runtime/apply.ts';
import type { KubeObject } from './runtime/resource.ts';

const pipeline = {
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name: 'shop', namespace: 'shops', uid: 'u', generation: 3 },
};

interface Kept {
  readonly bury: string;
  readonly generation?: number;
  readonly created?: string;
  readonly owner?: string;
  readonly name?: string;
}

const configMap = ({
  bury,
  generation,
  created = '2026-01-01T00:00:00Z',
  owner = 'u',
  name = `shop-spec-${bury}`,
}: Kept): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'shops',
    creationTimestamp: created,
    labels: { 'app.kubernetes.io/component': 'spec' },
    ownerReferences: [{ apiVersion: '', kind: 'ProfilePipeline', name: 'shop', uid: owner }],
    ...(generation !== undefined && { annotations: { 'likeness.dev/generation': String(generation) } }),
  },
  data: { 'spec.json': JSON.stringify(specSchema.parse({ serving: { rules: { bury: [bury] } } })) },
});

async function found(kept: readonly Kept[]) {
  const asked: unknown[] = [];
  const objects = kept.map(configMap);
  const api = {
    listPage: async (_resource: unknown, selection: unknown) => {
      asked.push(selection);
      return { items: objects.map(({ metadata }) => ({ metadata })), resourceVersion: '1' };
    },
    find: async (_resource: unknown, ref: { readonly name: string }) =>
      objects.find(({ metadata }) => metadata.name === ref.name),
  };
  const spec = await lastGoodSpec({ api: api as never }, pipeline);
  const labelSelector = 'likeness.dev/pipeline=shop,app.kubernetes.io/component=spec';
  expect(asked).toEqual([{ namespace: 'shops', labelSelector, metadataOnly: true }]);
  return spec?.serving.rules.bury;
}

test('there is none before a spec was good', async () => {
  expect(await found([])).toBeUndefined();
});

test('it is the spec rendered last, though a spec between is younger and still there', async () => {
  const again = { bury: 'a', generation: 12, created: '2026-01-01T00:00:00Z' };
  const between = { bury: 'b', generation: 9, created: '2026-02-01T00:00:00Z' };
  expect(await found([again, between])).toEqual(['a']);
  expect(await found([between, again])).toEqual(['a']);
});

test('of those without a generation it is the youngest', async () => {
  const older = { bury: 'a', created: '2026-01-01T00:00:00Z' };
  const younger = { bury: 'b', created: '2026-02-01T00:00:00Z' };
  expect(await found([younger, older])).toEqual(['b']);
});

test('that of an earlier pipeline of the same name is none of this one', async () => {
  expect(await found([{ bury: 'a', generation: 40, owner: 'earlier' }])).toBeUndefined();
  const own = { bury: 'b', generation: 1 };
  expect(await found([own, { bury: 'a', generation: 40, owner: 'earlier' }])).toEqual(['b']);
});

test.each(['shop-trainer-report', 'shop-spec-x-trainer-report'])('%s of a trainer is no spec', async (name) => {
  expect(
    await found([
      { bury: 'a', generation: 1 },
      { bury: 'b', generation: 40, name },
    ]),
  ).toEqual(['a']);
});

async function marked(...applied: Applied[]): Promise<unknown[]> {
  const patches: unknown[] = [];
  const mergePatch = async (_resource: unknown, ref: unknown, patch: unknown) => patches.push([ref, patch]);
  await markGoodSpec({ api: { mergePatch: mergePatch as never } }, pipeline, applied);
  return patches;
}

const asApplied = (object: KubeObject, action: Applied['action'] = 'Skipped'): Applied => ({
  wanted: object,
  action,
  object,
});

test('the ConfigMap of the spec is marked with the generation, once', async () => {
  const other = { ...configMap({ bury: 'x' }), kind: 'Service' };
  const old = configMap({ bury: 'a', generation: 1 });
  expect(await marked(asApplied(other), asApplied(old))).toEqual([
    [{ namespace: 'shops', name: 'shop-spec-a' }, { metadata: { annotations: { 'likeness.dev/generation': '3' } } }],
  ]);
  expect(await marked(asApplied(configMap({ bury: 'a', generation: 3 })))).toEqual([]);
});

test('what could not be applied, or is going, is not marked', async () => {
  const wanted = configMap({ bury: 'a' });
  expect(await marked({ wanted, action: 'Failed', error: new Error('no') })).toEqual([]);
  expect(await marked(asApplied(wanted, 'Terminating'))).toEqual([]);
});
