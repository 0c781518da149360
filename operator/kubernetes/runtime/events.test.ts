import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { FakeTiming } from '../../../test/kubernetes/runtime/fake-timing.ts';
import { configMap, loggedLines, valuesOf } from '../../../test/kubernetes/runtime/world.ts';
import { ApiError } from './api-error.ts';
import { EventRecorder, type Happening } from './events.ts';
import { createRuntimeMetrics } from './metrics.ts';
import type { KubeObject } from './resource.ts';

function world() {
  const timing = new FakeTiming();
  const registry = new Registry();
  const { lines, logger } = loggedLines();
  const created: (KubeObject & Record<string, unknown>)[] = [];
  const patched: { name: string; patch: unknown }[] = [];
  let failing: ApiError | undefined;
  let forgotten = false;
  const api = {
    create: <T extends KubeObject>(_resource: unknown, object: T) => {
      if (failing) return Promise.reject(failing);
      created.push(object as T & Record<string, unknown>);
      return Promise.resolve(object);
    },
    mergePatch: <T>(_resource: unknown, { name }: { name: string }, patch: unknown) => {
      if (failing) return Promise.reject(failing);
      if (forgotten) return Promise.reject(new ApiError('gone', { code: 404, reason: 'NotFound' }));
      patched.push({ name, patch });
      return Promise.resolve(patch as T);
    },
  };
  const recorder = new EventRecorder({
    api,
    reportingController: 'test/operator',
    reportingInstance: 'pod-1',
    timing,
    logger,
    metrics: createRuntimeMetrics(registry),
  });
  return {
    timing,
    registry,
    lines,
    created,
    patched,
    recorder,
    forget: () => (forgotten = true),
    fail: (error: ApiError | undefined) => (failing = error),
  };
}

const about = configMap('shop', '7', { uid: 'u-1' });
const started: Happening = { type: 'Normal', reason: 'TrainingStarted', action: 'Train', note: 'job shop-train-1' };

it('writes an event of events.k8s.io/v1 beside the object', async () => {
  const { recorder, created } = world();
  recorder.record(about, { ...started, related: configMap('job', '8') });
  await recorder.flush();
  expect(created).toEqual([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^shop\.[a-z0-9]+$/) as string, namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'test/operator',
      reportingInstance: 'pod-1',
      type: 'Normal',
      reason: 'TrainingStarted',
      action: 'Train',
      note: 'job shop-train-1',
      regarding: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace: 'default',
        name: 'shop',
        uid: 'u-1',
        resourceVersion: '7',
      },
      related: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'job', resourceVersion: '8' },
    },
  ]);
});

it('counts the same event up within six minutes, and writes another one afterwards', async () => {
  const { recorder, created, patched, timing, registry } = world();
  for (let i = 0; i < 3; i++) {
    recorder.record({ ...about, metadata: { ...about.metadata, resourceVersion: String(i) } }, started);
    await recorder.flush();
    await timing.advance(5 * 60_000);
  }
  const { name } = created[0]!.metadata;
  expect(patched).toEqual([
    { name, patch: { series: { count: 2, lastObservedTime: '2026-01-01T00:05:00.000000Z' } } },
    { name, patch: { series: { count: 3, lastObservedTime: '2026-01-01T00:10:00.000000Z' } } },
  ]);
  await timing.advance(2 * 60_000);
  recorder.record(about, started);
  recorder.record(about, { ...started, note: 'another job' });
  await recorder.flush();
  expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(3);
  expect(await valuesOf(registry, 'likeness_kubernetes_events_total')).toEqual({ created: 3, counted: 2 });
});

it('writes it anew when the server has forgotten it', async () => {
  const { recorder, created, forget, registry } = world();
  recorder.record(about, started);
  await recorder.flush();
  forget();
  recorder.record(about, started);
  await recorder.flush();
  expect(created).toHaveLength(2);
  expect(await valuesOf(registry, 'likeness_kubernetes_events_total')).toEqual({ created: 2 });
});

it('cuts a note at 950 characters and 1,024 bytes, and an object’s long name', async () => {
  const { recorder, created } = world();
  recorder.record(configMap('n'.repeat(253), '1'), { ...started, note: 'x'.repeat(2000) });
  recorder.record(about, { ...started, note: 'ü'.repeat(2000) });
  await recorder.flush();
  expect(created[0]!.note).toHaveLength(950);
  expect(Buffer.byteLength(created[1]!.note as string)).toBeLessThanOrEqual(1024);
  expect(Buffer.byteLength(created[1]!.note as string)).toBeGreaterThan(950);
  expect(created[0]!.metadata.name.length).toBeLessThanOrEqual(253);
});

it('logs and counts what could not be recorded, and goes on', async () => {
  const { recorder, created, lines, registry, fail } = world();
  fail(new ApiError('no', { code: 403, reason: 'Forbidden' }));
  recorder.record(about, started);
  await recorder.flush();
  fail(undefined);
  recorder.record(about, started);
  await recorder.flush();
  expect(created).toHaveLength(1);
  expect(lines).toContainEqual(expect.objectContaining({ code: 'EventFailed', reason: 'TrainingStarted' }));
  expect(await valuesOf(registry, 'likeness_kubernetes_events_total')).toEqual({ failed: 1, created: 1 });
});

it('drops what comes faster than it can be sent, and counts it', async () => {
  const { recorder, created, registry } = world();
  for (let i = 0; i < 600; i++) recorder.record(about, { ...started, note: `job ${i}` });
  await recorder.flush();
  expect(created).toHaveLength(500);
  expect(await valuesOf(registry, 'likeness_kubernetes_events_total')).toEqual({ dropped: 100, created: 500 });
  recorder.record(about, started);
  await recorder.flush();
  expect(created).toHaveLength(501);
});
