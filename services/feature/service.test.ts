/** Exactly once, on the embedded log and store: whatever fails, and wherever, each event counts in its profile once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Registry } from 'prom-client';
import type { Broker } from '../shared/broker.ts';
import { LikenessError } from '../shared/errors.ts';
import { partitionOf } from '../shared/partition.ts';
import type { ProfileStore } from '../shared/profile-store.ts';
import { cleanEvent, partitions, start0, tagOf, topics, withStore, World } from '../../test/feature/world.ts';

let world: World;
beforeEach(async () => void (world = await new World().open()));
afterEach(() => world.close());

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const events = (from: number, to: number) => range(from, to).map((n) => cleanEvent(n));
const caughtUp = (store?: ProfileStore) => expect.poll(() => world.lag(store), { timeout: 15_000 }).toBe(0);
const away = () => new LikenessError('StoreUnavailable', 'away', { retryable: true });
const total = async (registry: Registry, result: string): Promise<number> => {
  const metric = await registry.getSingleMetric('likeness_events_total')!.get();
  return metric.values.filter(({ labels }) => labels.result === result).reduce((sum, { value }) => sum + value, 0);
};

/** Calls of a method fail again and again, for the last work too: before they did anything, or after everything. */
function faulty<K extends 'read' | 'commit'>(store: ProfileStore, method: K, when: 'before' | 'after'): ProfileStore {
  let calls = 0;
  const call = store[method] as (...args: unknown[]) => Promise<unknown>;
  const fail = async (...args: unknown[]): Promise<unknown> => {
    // Of reads at least two in a row succeed: one finds the position, one the profiles.
    const due = method === 'commit' ? ++calls % 2 === 1 : ++calls % 5 < 2;
    if (due && when === 'before') throw away();
    const answer = await call(...args);
    if (due) throw away();
    return answer;
  };
  return withStore(store, { [method]: fail });
}

describe('profiles', () => {
  test('hold every event once, repeats and all, and the counters say so', async () => {
    const registry = new Registry();
    await world.service({ registry });
    await world.send([...events(0, 60), ...events(20, 50), ...events(60, 90)], 7);
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
    expect(await total(registry, 'ok')).toBe(90);
    expect(await total(registry, 'drop')).toBe(30);
    const freshness = await registry.getSingleMetric('likeness_freshness_seconds')!.get();
    expect(freshness.values.some(({ value }) => value > 0)).toBe(true);
    expect(world.fatal).toEqual([]);
  });

  test('go on where they were after a stop, repeats across it included', async () => {
    const first = await world.service();
    await world.send(events(0, 40));
    await caughtUp();
    await first.stop();
    await world.send(events(30, 80));
    await world.service();
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
    expect(await world.broker.committed('test.feature', topics['events-clean'])).not.toEqual(new Map());
  });

  test('of more than 500 in a batch are committed in parts', async () => {
    await world.send(
      range(0, 1100).map((n) => cleanEvent(n, { profile: `p-${n}` })),
      200,
    );
    await world.service();
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
  });
});

describe('a store that fails', () => {
  // At its first start a service that cannot use the store ends, as with one that cannot be reached.
  beforeEach(async () => (await world.service()).stop());

  test.each([
    ['read', 'before'],
    ['read', 'after'],
    ['commit', 'before'],
    ['commit', 'after'],
  ] as const)('in %s, %s it worked, loses and doubles nothing', async (method, when) => {
    await world.service({ store: faulty(world.store, method, when) });
    for (let n = 0; n < 24; n += 8) {
      await world.send(events(n, n + 8), 2);
      await caughtUp();
      expect(await world.wrongProfiles()).toEqual([]);
    }
    expect(world.fatal).toEqual([]);
  });

  test('makes the service not ready until it is back', async () => {
    let isAway = true;
    const commit: ProfileStore['commit'] = (...args) => (isAway ? Promise.reject(away()) : world.store.commit(...args));
    const service = await world.service({ store: withStore(world.store, { commit }) });
    expect(service.health()).toEqual({ ready: true, reasons: [] });
    await world.send(events(0, 1));
    await expect.poll(() => service.health().reasons.join()).toContain('away');
    isAway = false;
    await caughtUp();
    await expect.poll(() => service.health().ready).toBe(true);
  });

  test('and lost its tail meanwhile is healed from the log, before anything new arrives', async () => {
    const callbacks = new Set<() => void>();
    let life = 0;
    const place = (tag: string): string => `${tag}/life${life}`;
    const forgetful = withStore(world.store, {
      read: (tag, ids) => world.store.read(place(tag), ids),
      readNote: (tag) => world.store.readNote(place(tag)),
      commit: (tag, ...rest) => world.store.commit(place(tag), ...rest),
      get: (keys) => world.store.get(keys.map(({ tag, profileId }) => ({ tag: place(tag), profileId }))),
      onReconnect: (callback) => {
        callbacks.add(callback);
        return () => void callbacks.delete(callback);
      },
    });
    await world.service({ store: forgetful });
    await world.send(events(0, 30));
    await caughtUp(forgetful);
    life = 1; // Everything is gone.
    for (const callback of callbacks) callback();
    await caughtUp(forgetful);
    expect(await world.wrongProfiles(forgetful)).toEqual([]);
  });
});

describe('instances that compete', () => {
  test('for every partition make one history', async () => {
    // Two groups, so that each instance believes it owns everything: worse than any rebalance.
    await world.service();
    await world.service({ env: { LIKENESS_GROUP: 'another' } });
    for (let n = 0; n < 120; n += 12) await world.send(events(n, n + 12), 4);
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
    expect(world.fatal).toEqual([]);
  });

  test('share the partitions of a group, and take over from one that stops', async () => {
    const [one] = [await world.service(), await world.service()];
    await world.send(events(0, 60));
    await caughtUp();
    await one.stop();
    await world.send(events(50, 110));
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
  });

  test('and a rival that was first cost nothing but a second look', async () => {
    let rivals = 0;
    const commit: ProfileStore['commit'] = async (tag, expected, next, writes) => {
      if (rivals++ % 2 === 0) await world.store.commit(tag, expected, next, writes);
      return world.store.commit(tag, expected, next, writes);
    };
    await world.service({ store: withStore(world.store, { commit }) });
    await world.send(events(0, 40));
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
  });
});

describe('what cannot be applied', () => {
  const partition = partitionOf('u-1', partitions);

  test('is kept aside with its reason, and its neighbours are applied', async () => {
    const good = events(0, 3).map((event) => ({ ...event, profile: 'u-1' }));
    const noTime = { ...cleanEvent(9, { profile: 'u-1' }), time: 'yesterday' };
    const lines = [
      JSON.stringify(good[0]),
      '{"id":',
      'null',
      '{"id":"x"}',
      JSON.stringify({ ...good[0], id: 'n', ingestedAt: 'now' }),
      JSON.stringify({ ...good[0], id: 'p', profile: 'x'.repeat(1025) }),
      JSON.stringify(noTime),
      JSON.stringify(good[1]),
    ];
    const registry = new Registry();
    await world.service({ registry });
    await world.sendLines(partition, lines.join('\n'));
    await world.sendLines(partition, JSON.stringify(good[2]));
    world.sent.set('u-1', good);
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
    const letters = await world.deadLetters();
    expect(letters.map(({ key, reason, stage }) => [key, reason, stage])).toEqual(
      range(1, 7).map((index) => [`t.events-clean-${partition}-0-${index}`, 'Poison', 'feature']),
    );
    expect(letters.map(({ event }) => event)).toEqual([
      '{"id":',
      null,
      { id: 'x' },
      JSON.parse(lines[4]!),
      JSON.parse(lines[5]!),
      noTime,
    ]);
    expect(letters.every(({ key, source }) => key === source)).toBe(true);
    expect(await total(registry, 'deadLetter')).toBe(6);
    expect(await total(registry, 'ok')).toBe(3);
  });

  test('because nobody can tell whether it is a repeat, is kept aside as BeyondDedupe', async () => {
    const late = (id: string, hoursBefore: number) => {
      const ingestedAt = new Date(start0 - hoursBefore * 3_600_000).toISOString();
      return cleanEvent(1, { id, profile: 'u-1', ingestedAt, receivedAt: ingestedAt });
    };
    await world.service();
    const kept = [late('now', 0), late('within', 23.9)];
    await world.send([...kept, late('beyond', 24.1)]);
    world.sent.set('u-1', kept);
    await caughtUp();
    expect(await world.wrongProfiles()).toEqual([]);
    expect((await world.deadLetters()).map(({ reason, event }) => [reason, (event as { id: string }).id])).toEqual([
      ['BeyondDedupe', 'beyond'],
    ]);
  });

  test('is durable in events-dead before the watermark moves, even if that takes many tries', async () => {
    let tries = 0;
    const broker: Broker = Object.create(world.broker, {
      producer: {
        value: async () => ({
          ...(await world.broker.producer()),
          send: async (...args: Parameters<Awaited<ReturnType<Broker['producer']>>['send']>) => {
            if (++tries < 3) throw new LikenessError('BrokerUnavailable', 'away', { retryable: true });
            const producer = await world.broker.producer();
            expect((await world.store.read(tagOf(partition), [])).watermark).toBeUndefined();
            await producer.send(...args);
          },
        }),
      },
    }) as Broker;
    await world.service({ broker: bound(broker) });
    await world.sendLines(partition, 'no event');
    await caughtUp();
    expect(tries).toBe(3);
    expect(await world.deadLetters()).toHaveLength(1);
  });
});

/** Methods of a broker made by Object.create would lose their private fields. */
function bound(broker: Broker): Broker {
  const real = world.broker;
  return {
    producer: () => broker.producer(),
    consume: (options) => real.consume(options),
    follow: (options) => real.follow(options),
    read: (found) => real.read(found),
    createTopics: (settings) => real.createTopics(settings),
    deleteTopics: (names) => real.deleteTopics(names),
    offsets: (topic) => real.offsets(topic),
    committed: (group, topic) => real.committed(group, topic),
    close: () => real.close(),
  };
}

describe('at the start the service refuses', () => {
  const fatalCode = () => expect.poll(() => (world.fatal[0] as LikenessError | undefined)?.code);
  const sendAndStop = async (count: number): Promise<void> => {
    const service = await world.service();
    await world.send(events(0, count));
    await caughtUp();
    await service.stop();
  };
  const recreate = async (): Promise<void> => {
    await world.broker.deleteTopics([topics['events-clean']]);
    await world.createTopics();
    world.sent.clear();
  };

  test('features that other code computed', async () => {
    const other = { offset: 0, timestamp: 1, definition: 'other' };
    await world.store.commit(tagOf(0), undefined, other, []);
    const refused = expect.objectContaining({
      code: 'DefinitionChanged',
      message: expect.stringContaining('likeness up SPEC --from-log-start'),
    });
    await expect(world.service()).rejects.toEqual(refused);
  });

  test('a topic that was created again and is shorter', async () => {
    await sendAndStop(30);
    await recreate();
    await world.send(events(100, 104), 1);
    await world.service();
    await fatalCode().toBe('LogAheadOfTopic');
  });

  test('a topic that was created again and is longer', async () => {
    await sendAndStop(10);
    await recreate();
    await world.send(events(100, 160), 1);
    await world.service();
    await fatalCode().toBe('LogRecreated');
  });

  test('a store that lost its watermarks', async () => {
    await sendAndStop(10);
    const read: ProfileStore['read'] = async (tag, ids) => ({
      ...(await world.store.read(tag, ids)),
      watermark: undefined,
    });
    await world.service({ store: withStore(world.store, { read }) });
    await fatalCode().toBe('WatermarkMissing');
  });

  test.each([0, 5])('a log whose start is gone, with %i records known', async (known) => {
    if (known > 0) await sendAndStop(known);
    const offsets: Broker['offsets'] = async (topic) =>
      (await world.broker.offsets(topic)).map((held) => ({ ...held, low: 100, high: 200 }));
    await world.service({ broker: { ...bound(world.broker), offsets } });
    await fatalCode().toBe('LogGap');
  });

  test('a store that may evict', async () => {
    const check = () => Promise.reject(new LikenessError('StoreEvicts', 'evicts'));
    await expect(world.service({ store: withStore(world.store, { check }) })).rejects.toMatchObject({
      code: 'StoreEvicts',
    });
  });

  test('nothing, once it was told to rebuild from the start of the log', async () => {
    await sendAndStop(30);
    await recreate();
    await world.send(events(100, 160), 1);
    const service = await world.service({ env: { LIKENESS_FROM_LOG_START: 'true' } });
    await expect.poll(() => world.wrongProfiles()).toEqual([]);
    await caughtUp();
    await service.stop();
    const names: string[] = [];
    for (let partition = 0; partition < partitions; partition++)
      for await (const name of world.store.list(tagOf(partition))) names.push(name);
    expect(names.toSorted()).toEqual([...world.sent.keys()].toSorted());
    expect(world.fatal).toEqual([]);
  });
});
