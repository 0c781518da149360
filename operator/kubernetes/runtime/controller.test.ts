import { Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { FakeCollection } from '../../../test/kubernetes/runtime/fake-collection.ts';
import { FakeTiming } from '../../../test/kubernetes/runtime/fake-timing.ts';
import { type ConfigMap, configMap, loggedLines, valuesOf } from '../../../test/kubernetes/runtime/world.ts';
import { ApiError } from './api-error.ts';
import { Controller, informerSource, type ReconcileResult } from './controller.ts';
import { Informer } from './informer.ts';
import { kinds } from './kinds.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { WorkQueue } from './queue.ts';
import { keyOf } from './resource.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Objects in memory, an informer on them, and a controller that reconciles them by `reconcile`. */
function world(reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | void>, workers = 2) {
  const timing = new FakeTiming();
  const registry = new Registry();
  const metrics = createRuntimeMetrics(registry);
  const { lines, logger } = loggedLines();
  const server = new FakeCollection();
  const informer = new Informer<ConfigMap>({ api: server, resource: kinds.ConfigMap, timing, logger, metrics });
  const queue = new WorkQueue({ name: 'test', timing, metrics });
  const seen: string[] = [];
  const controller = new Controller({
    name: 'test',
    queue,
    sources: [informerSource(informer, ({ metadata }) => [keyOf(metadata)])],
    reconcile: (key, signal) => {
      seen.push(key);
      return reconcile(key, signal);
    },
    allKeys: () => informer.keys(),
    timing,
    logger,
    metrics,
    workers,
  });
  ends.push(async () => {
    await controller.stop();
    await informer.stop();
    expect(timing.pending).toBe(0);
  });
  return { timing, registry, lines, server, informer, controller, seen, queue };
}

it('reconciles every key once the sources know everything, then on every change', async () => {
  const { timing, server, informer, controller, seen, registry, lines } = world(() => Promise.resolve());
  server.put('a');
  server.put('b');
  controller.start();
  await timing.advance(1_000);
  expect(seen).toEqual([]);
  informer.start();
  await timing.advance(0);
  expect(seen.toSorted()).toEqual(['default/a', 'default/b']);
  server.put('b');
  server.remove('a');
  await timing.advance(0);
  expect(seen.slice(2)).toEqual(['default/b', 'default/a']);
  expect(await valuesOf(registry, 'controller_runtime_reconcile_total')).toEqual({ 'test success': 4 });
  expect(await valuesOf(registry, 'controller_runtime_max_concurrent_reconciles')).toEqual({ test: 2 });
  expect(lines).toContainEqual(expect.objectContaining({ controller: 'test', msg: 'reconciling' }));
});

it('passes over all keys every 120 s, spread out', async () => {
  const { timing, server, informer, controller, seen } = world(() => Promise.resolve());
  for (const name of ['a', 'b', 'c', 'd']) server.put(name);
  informer.start();
  controller.start();
  await timing.advance(119_000);
  expect(seen).toHaveLength(4);
  await timing.advance(1_000);
  expect(seen).toHaveLength(5);
  await timing.advance(60_000);
  expect(seen.length).toBeLessThan(8);
  await timing.advance(59_000);
  expect(seen.slice(4).toSorted()).toEqual(['default/a', 'default/b', 'default/c', 'default/d']);
});

it('tries again after a failure, later each time, and says why', async () => {
  let failures = 0;
  const { timing, server, informer, controller, seen, registry, lines, queue } = world(() => {
    if (failures++ < 4) throw new ApiError('the server is ill', { code: 500, reason: 'InternalError' });
    return Promise.resolve();
  });
  server.put('a');
  informer.start();
  controller.start();
  await timing.advance(5 + 10 + 20);
  expect(seen).toHaveLength(4);
  await timing.advance(40);
  expect(seen).toHaveLength(5);
  expect(queue.failures('default/a')).toBe(0);
  expect(await valuesOf(registry, 'controller_runtime_reconcile_total')).toEqual({
    'test error': 4,
    'test success': 1,
  });
  expect(await valuesOf(registry, 'controller_runtime_reconcile_errors_total')).toEqual({ test: 4 });
  expect(await valuesOf(registry, 'workqueue_retries_total')).toEqual({ 'test test': 4 });
  expect(lines).toContainEqual(expect.objectContaining({ code: 'InternalError', key: 'default/a', failures: 4 }));
});

it('decides anew after a conflict, later each time, and takes it for no error', async () => {
  let conflicts = 0;
  const { timing, server, informer, controller, seen, registry, lines, queue } = world(() => {
    if (conflicts++ < 3) throw new ApiError('it has changed', { code: 409, reason: 'Conflict' });
    return Promise.resolve();
  });
  server.put('a');
  informer.start();
  controller.start();
  await timing.advance(5 + 10);
  expect(seen).toHaveLength(3);
  expect(queue.failures('default/a')).toBe(3);
  await timing.advance(19);
  expect(seen).toHaveLength(3);
  await timing.advance(1);
  expect(seen).toHaveLength(4);
  expect(queue.failures('default/a')).toBe(0);
  expect(await valuesOf(registry, 'controller_runtime_reconcile_total')).toEqual({
    'test requeue': 3,
    'test success': 1,
  });
  expect(await valuesOf(registry, 'controller_runtime_reconcile_errors_total')).toEqual({});
  expect(lines).toContainEqual(expect.objectContaining({ level: 20, key: 'default/a', conflicts: 3 }));
  expect(lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
});

it('comes back when the reconcile asks for it', async () => {
  const { timing, server, informer, controller, seen, registry } = world(() =>
    Promise.resolve({ requeueAfterMs: 5_000 }),
  );
  server.put('a');
  informer.start();
  controller.start();
  await timing.advance(20_000);
  expect(seen).toHaveLength(5);
  expect(await valuesOf(registry, 'controller_runtime_reconcile_total')).toEqual({ 'test requeue_after': 5 });
});

it('works on as many keys at a time as it has workers, and on one never twice at once', async () => {
  const free: (() => void)[] = [];
  const { timing, server, informer, controller, seen, registry, queue } = world(
    () => new Promise<void>((resolve) => free.push(resolve)),
  );
  for (const name of ['a', 'b', 'c']) server.put(name);
  informer.start();
  controller.start();
  await timing.advance(0);
  expect(seen).toHaveLength(2);
  expect(await valuesOf(registry, 'controller_runtime_active_workers')).toEqual({ test: 2 });
  server.put(seen[0]!.slice('default/'.length));
  await timing.advance(0);
  expect(seen).toHaveLength(2);
  for (const release of free.splice(0)) release();
  await timing.advance(0);
  expect(seen.slice(2).toSorted()).toEqual(['default/c', seen[0]!].toSorted());
  for (const release of free.splice(0)) release();
  await timing.advance(0);
  expect(queue.active).toBe(0);
});

it('stops after the reconciles in progress, whose signal it aborts, and also before it ever began', async () => {
  let aborted = 0;
  const { timing, server, informer, controller, seen, lines } = world(
    (_key, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted++;
          reject(new Error('aborted'));
        });
      }),
  );
  for (const name of ['a', 'b', 'c']) server.put(name);
  informer.start();
  controller.start();
  await timing.advance(0);
  await controller.stop();
  expect([seen.length, aborted]).toEqual([2, 2]);
  expect(lines.filter(({ code }) => code !== undefined)).toEqual([]);
  const never = world(() => Promise.resolve());
  never.controller.start();
  await never.controller.stop();
  expect(never.seen).toEqual([]);
});

it('takes a change of an object for one of its former owner too, each once', () => {
  const { informer } = world(() => Promise.resolve());
  const told: string[] = [];
  const handlers: ((change: object) => void)[] = [];
  const spied = {
    whenSynced: () => informer.whenSynced(),
    onChange: (handler: (change: object) => void) => handlers.push(handler),
  };
  informerSource(spied as unknown as Informer<ConfigMap>, ({ metadata }) => [metadata.labels!.owner!]).subscribe(
    (key) => told.push(key),
  );
  const owned = (owner: string) => configMap('a', '1', { labels: { owner } });
  handlers[0]!({ type: 'Modified', object: owned('new'), previous: owned('old') });
  handlers[0]!({ type: 'Modified', object: owned('new'), previous: owned('new') });
  handlers[0]!({ type: 'Added', object: owned('other') });
  expect(told).toEqual(['new', 'old', 'new', 'other']);
});
