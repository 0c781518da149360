import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { expired, FakeCollection, internal } from '../../../test/kubernetes/runtime/fake-collection.ts';
import { FakeTiming } from '../../../test/kubernetes/runtime/fake-timing.ts';
import { type ConfigMap, loggedLines, valuesOf } from '../../../test/kubernetes/runtime/world.ts';
import { ApiError } from './api-error.ts';
import { Informer } from './informer.ts';
import { kinds } from './kinds.ts';
import { createRuntimeMetrics } from './metrics.ts';
import type { Pace } from './reflector.ts';

const informers: Informer<ConfigMap>[] = [];
afterEach(async () => {
  for (const informer of informers.splice(0)) await informer.stop();
});

async function started(pace: Partial<Pace> = {}) {
  const timing = new FakeTiming();
  const server = new FakeCollection();
  const registry = new Registry();
  const metrics = createRuntimeMetrics(registry);
  const { lines, logger } = loggedLines();
  const informer = new Informer<ConfigMap>({ api: server, resource: kinds.ConfigMap, timing, logger, metrics, pace });
  informers.push(informer);
  /** What one would believe from the changes alone. */
  const believed = new Map<string, string>();
  informer.onChange(({ type, object, previous }) => {
    const { name, resourceVersion } = object.metadata;
    expect(believed.has(name)).toBe(type !== 'Added');
    expect(previous !== undefined).toBe(type !== 'Added');
    if (type === 'Deleted') believed.delete(name);
    else believed.set(name, resourceVersion!);
  });
  informer.start();
  await timing.advance(0);
  return { timing, server, registry, informer, believed, lines };
}

const versions = (objects: Iterable<ConfigMap>) =>
  Object.fromEntries(Array.from(objects, ({ metadata }) => [metadata.name, metadata.resourceVersion]));

describe('pace', () => {
  it('stays on a watch as long as bookmarks come, and leaves it when they do not', async () => {
    const { timing, server, registry, informer } = await started();
    for (let minute = 0; minute < 20; minute++) {
      await timing.advance(60_000);
      server.bookmark();
    }
    await timing.advance(100_000);
    expect(server.calls).toEqual(['list', 'watch 1']);
    expect(informer.silentMs()).toBe(100_000);
    expect(await valuesOf(registry, 'likeness_watch_staleness_seconds')).toEqual({ configmaps: 100 });
    await timing.advance(50_000);
    expect(server.calls).toEqual(['list', 'watch 1', 'watch 1']);
    expect(server.liveWatches).toBe(1);
    expect(await valuesOf(registry, 'likeness_watch_ends_total')).toEqual({ 'configmaps stalled': 1 });
  });

  it('waits longer and longer, to 30 s, for a server that closes every watch at once, and forgets that later', async () => {
    const { timing, server } = await started();
    const moments: number[] = [];
    for (let i = 0; i < 10; i++) {
      const calls = server.calls.length;
      server.breakWatches('end');
      await timing.advance(0);
      const from = timing.monotonic();
      while (server.calls.length === calls) await timing.advance(100);
      moments.push(timing.monotonic() - from);
    }
    expect(moments).toEqual([0, 1200, 2400, 4800, 9600, 19_200, 22_500, 22_500, 22_500, 22_500]);
    await timing.advance(10_000);
    server.breakWatches('end');
    const calls = server.calls.length;
    await timing.advance(0);
    expect(server.calls.length).toBe(calls + 1);
  });

  it('lists again at once when its version has expired, but waits when the next one has expired too', async () => {
    const { timing, server } = await started();
    server.breakWatches(expired());
    await timing.advance(0);
    expect(server.calls).toEqual(['list', 'watch 1', 'list', 'watch 1']);
    server.breakWatches(expired());
    await timing.advance(0);
    expect(server.calls).toHaveLength(4);
    await timing.advance(1200);
    expect(server.calls.slice(4)).toEqual(['list', 'watch 1']);
  });

  it('goes on from where it was after an outage, however long', async () => {
    const { timing, server } = await started();
    server.put('a');
    await timing.advance(0);
    server.failures.push(
      ...Array.from({ length: 12 }, () => new ApiError('refused', { code: 0, reason: 'ConnectionLost' })),
    );
    server.breakWatches(new ApiError('reset', { code: 0, reason: 'ConnectionLost' }));
    await timing.advance(15 * 30_000);
    expect(server.failures).toEqual([]);
    expect(new Set(server.calls.slice(2))).toEqual(new Set(['watch 2']));
    expect(server.liveWatches).toBe(1);
  });

  it('relists after about an hour, jittered', async () => {
    const { timing, server } = await started({ silenceMs: 1e9 });
    await timing.advance(3_600_000 - 1);
    expect(server.calls).toHaveLength(2);
    await timing.advance(1);
    expect(server.calls.slice(2)).toEqual(['list', 'watch 1']);
    expect(server.liveWatches).toBe(1);
  });

  it('stops while it waits after a failure, and leaves no timer', async () => {
    const { timing, server, informer } = await started();
    server.failures.push(internal());
    server.breakWatches(internal());
    await timing.advance(0);
    expect(server.liveWatches).toBe(0);
    const calls = server.calls.length;
    await informer.stop();
    expect(timing.pending).toBe(0);
    await timing.advance(100_000);
    expect(server.calls.length).toBe(calls);
  });
});

it('whatever happens, ends up knowing exactly what the server has, by its cache and by what it told', async () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), name }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('bookmark' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('stall' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('break' as const), how: fc.constantFrom('end', '410', '500') }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), how: fc.constantFrom('410', '500') }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
    },
  );
  const errorOf = (how: string) => (how === '410' ? expired() : internal());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { timing, server, informer, believed, lines } = await started({ pageSize: 2, relistMs: 200_000 });
      for (const todo of steps) {
        if (todo.do === 'put') server.put(todo.name);
        if (todo.do === 'remove') server.remove(todo.name);
        if (todo.do === 'compact') server.compact();
        if (todo.do === 'bookmark') server.bookmark();
        if (todo.do === 'stall') server.stallWatches();
        if (todo.do === 'break') server.breakWatches(todo.how === 'end' ? 'end' : errorOf(todo.how));
        if (todo.do === 'fail') server.failures.push(errorOf(todo.how));
        if (todo.do === 'advance') await timing.advance(todo.ms);
      }
      // Silence is noticed after 150 s; then every remaining failure is waited for.
      await timing.advance(150_000 + (server.failures.length + 2) * 30_000);
      expect(versions(informer.values())).toEqual(versions(server.objects.values()));
      expect(Object.fromEntries(believed)).toEqual(versions(server.objects.values()));
      expect(server.liveWatches).toBe(1);
      expect(lines.filter(({ code }) => code === 'HandlerFailed')).toEqual([]);
      await informer.stop();
      expect(server.liveWatches).toBe(0);
      expect(timing.pending).toBe(0);
    }),
    { numRuns: 100 },
  );
});
