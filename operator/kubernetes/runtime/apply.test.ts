import { describe, expect, it } from 'vitest';
import { FakeTiming } from '../../../test/kubernetes/runtime/fake-timing.ts';
import { type ConfigMap, configMap } from '../../../test/kubernetes/runtime/world.ts';
import { ApiError } from './api-error.ts';
import { Applier } from './apply.ts';
import type { Change } from './informer.ts';
import { kinds, resourceIndex } from './kinds.ts';
import { keepOwnFields } from './owned-fields.ts';
import { type FieldSet, type KubeObject, keyOf } from './resource.ts';

/** A server that applies, and a cache that learns of it only when told to. */
function world() {
  const timing = new FakeTiming();
  const transform = keepOwnFields('me');
  const stored = new Map<string, ConfigMap>();
  const cache = new Map<string, KubeObject>();
  const writes: string[] = [];
  let version = 100;
  let failing: ApiError | undefined;
  const api = {
    apply: <T extends KubeObject>(_resource: unknown, object: T, { dryRun }: { dryRun?: boolean } = {}) => {
      writes.push(`${object.metadata.name}${dryRun ? ' (dry)' : ''}`);
      if (failing) return Promise.reject(failing);
      const before = stored.get(keyOf(object.metadata));
      const { data, metadata } = object as unknown as ConfigMap;
      const same =
        before &&
        JSON.stringify([data, metadata.labels, metadata.annotations]) ===
          JSON.stringify([before.data, before.metadata.labels, before.metadata.annotations]);
      const fieldsV1 = {
        'f:data': Object.fromEntries(Object.keys(data ?? {}).map((name) => [`f:${name}`, {}])),
      } as FieldSet;
      const managedFields = [{ manager: 'me', operation: 'Apply', fieldsV1 }];
      const resourceVersion = same ? before.metadata.resourceVersion! : String(++version);
      const after = { ...object, metadata: { ...metadata, resourceVersion, uid: 'u', managedFields } };
      if (!dryRun) stored.set(keyOf(metadata), after as unknown as ConfigMap);
      return Promise.resolve({ object: after, created: !before });
    },
  };
  const replaced: KubeObject[] = [];
  const reading = {
    get: <T>(_resource: unknown, ref: { name: string }) => Promise.resolve(stored.get(`default/${ref.name}`) as T),
    replace: <T extends KubeObject>(_resource: unknown, object: T) => {
      replaced.push(object);
      return Promise.resolve(object);
    },
  };
  const create = () =>
    new Applier({
      api: { ...api, ...reading },
      resourceOf: resourceIndex([kinds.ConfigMap, kinds.Service]),
      cached: (object) => cache.get(keyOf(object.metadata)),
      transform,
      hashAnnotation: 'test/applied',
      timing,
    });
  const applier = create();
  const tell = (type: Change<KubeObject>['type'], object: KubeObject) => applier.observe({ type, object });
  return {
    timing,
    stored,
    writes,
    replaced,
    cache,
    create,
    applier,
    fail: (error: ApiError | undefined) => (failing = error),
    /** The informer learns what the server has. */
    catchUp: () => {
      for (const [key, object] of stored) {
        cache.set(key, transform(object as KubeObject));
        tell('Modified', object);
      }
      for (const [key, object] of cache)
        if (!stored.has(key)) {
          cache.delete(key);
          tell('Deleted', object);
        }
    },
    touch: (name: string, change: (object: ConfigMap) => ConfigMap) => {
      const changed = change(stored.get(name)!);
      stored.set(name, { ...changed, metadata: { ...changed.metadata, resourceVersion: String(++version) } });
    },
    actions: async (objects: readonly KubeObject[], by = applier) =>
      (await by.apply(objects)).map(({ action }) => action),
  };
}

const owner = { apiVersion: 'x/v1', kind: 'X', name: 'x', uid: 'u-1', controller: true };
const a = configMap('a', undefined, { labels: { app: 'x' }, ownerReferences: [owner] });
const b = configMap('b', undefined);
const changed = (object: ConfigMap, data: Record<string, string>): ConfigMap => ({ ...object, data });

describe('Applier', () => {
  it('writes in order at first, and nothing when nothing changed, after a restart too', async () => {
    const { actions, writes, catchUp, create } = world();
    expect(await actions([a, b])).toEqual(['Created', 'Created']);
    expect(writes).toEqual(['a', 'b']);
    catchUp();
    expect(await actions([a, b])).toEqual(['Skipped', 'Skipped']);
    expect(await actions([a, b], create())).toEqual(['Skipped', 'Skipped']);
    expect(writes).toHaveLength(2);
  });

  it('does not write again while the cache has not caught up, for 10 s at most', async () => {
    const { actions, catchUp, timing, writes } = world();
    await actions([a]);
    expect(await actions([a])).toEqual(['Skipped']);
    catchUp();
    const other = changed(a, { key: 'other' });
    expect(await actions([other])).toEqual(['Changed']);
    expect(await actions([other])).toEqual(['Skipped']);
    await timing.advance(10_000);
    expect(await actions([other])).toEqual(['Changed']);
    expect(writes).toHaveLength(3);
  });

  it('writes when what is wanted changes back before the cache has caught up', async () => {
    const { actions, catchUp } = world();
    await actions([a]);
    catchUp();
    expect(await actions([changed(a, { key: 'other' })])).toEqual(['Changed']);
    // The cache still shows the first one, with its hash.
    expect(await actions([a])).toEqual(['Changed']);
  });

  it('makes an object anew that was deleted as soon as it was made', async () => {
    const { actions, catchUp, stored, applier } = world();
    await actions([a]);
    const made = stored.get('default/a')!;
    stored.clear();
    applier.observe({ type: 'Added', object: made });
    applier.observe({ type: 'Deleted', object: made });
    catchUp();
    expect(await actions([a])).toEqual(['Created']);
  });

  it('knows that it wrote last although the cache has moved on, but not so far', async () => {
    const { actions, catchUp, cache } = world();
    await actions([a]);
    catchUp();
    const first = cache.get('default/a')!;
    const other = changed(a, { key: 'other' });
    await actions([other]);
    cache.set('default/a', { ...first, metadata: { ...first.metadata, resourceVersion: '101.5' } });
    expect(await actions([other])).toEqual(['Skipped']);
    expect(await actions([a])).toEqual(['Changed']);
  });

  it('is not confused by an older event that arrives late', async () => {
    const { actions, catchUp, stored, applier } = world();
    await actions([a]);
    catchUp();
    const before = stored.get('default/a')!;
    const other = changed(a, { key: 'other' });
    await actions([other]);
    applier.observe({ type: 'Modified', object: before });
    expect(await actions([other])).toEqual(['Skipped']);
  });

  it.each<[string, (object: ConfigMap) => ConfigMap]>([
    [
      'a field taken over by another manager',
      (object) => ({
        ...object,
        metadata: {
          ...object.metadata,
          managedFields: [
            { manager: 'me', operation: 'Apply', fieldsV1: { 'f:data': { 'f:key': {} } } as unknown as FieldSet },
          ],
        },
      }),
    ],
    ['a label', (object) => ({ ...object, metadata: { ...object.metadata, labels: { app: 'y' } } })],
    ['an owner', (object) => ({ ...object, metadata: { ...object.metadata, ownerReferences: [] } })],
    ['the hash', (object) => ({ ...object, metadata: { ...object.metadata, annotations: {} } })],
    ['every trace of us', (object) => ({ ...object, metadata: { ...object.metadata, managedFields: [] } })],
  ])('writes again when somebody changed %s', async (_what, change) => {
    const { actions, catchUp, touch, applier } = world();
    const wanted = { ...a, data: { key: 'k', second: 's' } };
    await actions([wanted]);
    catchUp();
    touch('default/a', change);
    catchUp();
    expect(await actions([wanted], applier)).not.toEqual(['Skipped']);
  });

  it('lets others add what is not ours', async () => {
    const { actions, catchUp, touch } = world();
    await actions([a]);
    catchUp();
    touch('default/a', (object) => ({
      ...object,
      data: { ...object.data, theirs: 'x' },
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, theirs: 'x' } },
    }));
    catchUp();
    expect(await actions([a])).toEqual(['Skipped']);
  });

  it('does not insist on a field that the server leaves out of the set', async () => {
    const { actions, catchUp, writes } = world();
    const wanted = { ...a, dropped: 'by the server' } as KubeObject;
    await actions([wanted]);
    catchUp();
    expect(await actions([wanted])).toEqual(['Skipped']);
    expect(writes).toHaveLength(1);
  });

  it('tells that the server had nothing to change', async () => {
    const { actions, catchUp, cache } = world();
    await actions([a]);
    catchUp();
    const { managedFields: _, ...metadata } = cache.get('default/a')!.metadata;
    cache.set('default/a', { ...cache.get('default/a')!, metadata });
    expect(await actions([a])).toEqual(['Unchanged']);
  });

  it('waits for an object that is being deleted', async () => {
    const { actions, catchUp, touch, writes } = world();
    await actions([a]);
    touch('default/a', (object) => ({
      ...object,
      metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    }));
    catchUp();
    expect(await actions([changed(a, {})])).toEqual(['Terminating']);
    expect(writes).toHaveLength(1);
  });

  it('gives each object its own outcome', async () => {
    const { applier, fail } = world();
    const error = new ApiError('no', { code: 403, reason: 'Forbidden' });
    const stranger = { apiVersion: 'y/v1', kind: 'Y', metadata: { name: 'y' } };
    const [unknown, made] = await applier.apply([stranger, b]);
    expect(unknown).toMatchObject({ action: 'Failed', wanted: stranger });
    expect(String(unknown!.error)).toContain('y/v1 Y');
    expect(made!.action).toBe('Created');
    fail(error);
    expect(await applier.apply([a])).toEqual([{ wanted: a, action: 'Failed', error }]);
    fail(undefined);
    expect((await applier.apply([a]))[0]!.action).toBe('Created');
  });

  it('replaces a Service that can no longer be applied, keeping what others put beside, and nothing else', async () => {
    const { applier, fail, stored, replaced } = world();
    const invalid = new ApiError('Duplicate value: "http"', { code: 422, reason: 'Invalid' });
    fail(invalid);
    const service = { ...a, kind: 'Service' };
    stored.set('default/a', configMap('a', '7', { uid: 'u-7', labels: { theirs: 'yes' }, annotations: { x: 'y' } }));
    expect((await applier.apply([service]))[0]).toMatchObject({ action: 'Changed' });
    expect(replaced).toMatchObject([
      {
        kind: 'Service',
        metadata: { resourceVersion: '7', uid: 'u-7', labels: { theirs: 'yes', app: 'x' }, annotations: { x: 'y' } },
      },
    ]);
    expect((await applier.apply([a]))[0]).toMatchObject({ action: 'Failed', error: invalid });
    expect(replaced).toHaveLength(1);
  });

  it('asks about every object in a dry run, and remembers nothing of it', async () => {
    const { applier, writes, catchUp, actions } = world();
    await actions([a]);
    catchUp();
    const results = await applier.apply([a, changed(b, { x: 'y' })], { dryRun: true });
    expect(results.map(({ action }) => action)).toEqual(['Unchanged', 'Created']);
    expect(results[1]!.object).toMatchObject({ data: { x: 'y' } });
    expect(writes).toEqual(['a', 'a (dry)', 'b (dry)']);
    expect(await actions([changed(b, { x: 'y' })])).toEqual(['Created']);
  });
});
