import { describe, expect, test, vi } from 'vitest';
import { LikenessError } from '../../services/shared/errors.ts';
import type { TopicAdmin } from '../../services/shared/topic-admin.ts';
import { TopicsKeeper, type WantedTopics } from './topics-keeper.ts';

/** Functions, not methods, so that each can be looked at alone. */
type Admin = {
  readonly [Call in keyof TopicAdmin]: (...given: Parameters<TopicAdmin[Call]>) => ReturnType<TopicAdmin[Call]>;
};

function world(over: Partial<Admin> = {}, connect?: () => Promise<TopicAdmin>) {
  const clock = { time: 1_000_000, now: () => clock.time };
  const told: string[] = [];
  const admin: Admin = {
    ensure: vi.fn(async () => []),
    check: vi.fn(async () => []),
    remove: vi.fn(async () => undefined),
    lag: vi.fn(async () => 7),
    written: vi.fn(async () => 11),
    close: vi.fn(async () => undefined),
    ...over,
  };
  const keeper = new TopicsKeeper({ clock, onChange: (key) => void told.push(key), atOnce: 2 });
  const wanted: WantedTopics = {
    address: 'kafka:9092',
    connect: connect ?? (async () => admin),
    managed: true,
    topics: [{ name: 'a', partitions: 1 }],
    stages: { cleaner: { group: 'g', topic: 'a' } },
    clearProfiles: vi.fn(async () => undefined),
  };
  return { clock, told, admin, keeper, wanted };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const away = () => Promise.reject(new LikenessError('BrokerUnavailable', 'nobody answers', { retryable: true }));

describe('looking', () => {
  test('says Checking at first, then what was found, and tells of the change once', async () => {
    const { keeper, wanted, told, clock, admin } = world();
    expect(keeper.look('p', wanted)).toEqual({ outcome: 'Checking', message: '', lag: {} });
    await settled();
    expect(keeper.look('p', wanted)).toEqual({ outcome: 'Ready', message: '', lag: { cleaner: 7 } });
    expect(told).toEqual(['p']);
    clock.time += 29_999;
    keeper.look('p', wanted);
    await settled();
    expect(admin.ensure).toHaveBeenCalledTimes(1);
    clock.time += 1;
    keeper.look('p', wanted);
    await settled();
    expect(admin.ensure).toHaveBeenCalledTimes(2);
    expect(told).toEqual(['p']);
    expect(admin.close).toHaveBeenCalledTimes(2);
  });

  test('only looks where topics are not its own', async () => {
    const { keeper, wanted, admin } = world({
      check: async () => [{ topic: 'a', kind: 'Missing', problem: 'it does not exist' }],
    });
    keeper.look('p', { ...wanted, managed: false });
    await settled();
    const state = keeper.look('p', { ...wanted, managed: false });
    expect(state).toMatchObject({ outcome: 'Refused', message: 'topic a: it does not exist' });
    expect(admin.ensure).not.toHaveBeenCalled();
  });

  test('names the address of a broker that does not answer, keeps the lag, and tries again soon', async () => {
    let reachable = true;
    const ready = world();
    const { keeper, wanted, clock } = world({}, () => (reachable ? Promise.resolve(ready.admin) : away()));
    keeper.look('p', wanted);
    await settled();
    reachable = false;
    clock.time += 30_000;
    keeper.look('p', wanted);
    await settled();
    const state = keeper.look('p', wanted);
    expect(state).toEqual({ outcome: 'Unreachable', message: 'kafka:9092: nobody answers', lag: { cleaner: 7 } });
    reachable = true;
    clock.time += 5000;
    keeper.look('p', wanted);
    await settled();
    expect(keeper.look('p', wanted).outcome).toBe('Ready');
  });

  test('a refusal is told from an outage', async () => {
    const refused = () => Promise.reject(new LikenessError('BadConfig', 'Kafka refused listing topics'));
    const { keeper, wanted } = world({}, refused);
    keeper.look('p', wanted);
    await settled();
    expect(keeper.look('p', wanted).outcome).toBe('Refused');
  });

  test('other settings are looked at anew', async () => {
    const { keeper, wanted } = world();
    keeper.look('p', wanted);
    await settled();
    const other = { ...wanted, topics: [{ name: 'a', partitions: 2 }] };
    expect(keeper.look('p', other).outcome).toBe('Checking');
  });

  test('pipelines whose broker hangs leave room for no more than the bound, and others go on when they give up', async () => {
    const hang = Promise.withResolvers<TopicAdmin>();
    const stuck = world({}, () => hang.promise);
    const { keeper, wanted } = stuck;
    keeper.look('a', wanted);
    keeper.look('b', wanted);
    const fine = { ...wanted, connect: async () => stuck.admin };
    keeper.look('c', fine);
    await settled();
    expect(keeper.look('c', fine).outcome).toBe('Checking');
    hang.reject(new LikenessError('BrokerUnavailable', 'gave up', { retryable: true }));
    await settled();
    expect(keeper.look('c', fine).outcome).toBe('Ready');
    expect(keeper.look('a', wanted).outcome).toBe('Unreachable');
  });
});

describe('removing', () => {
  test('says when it is done', async () => {
    const { keeper, wanted, admin, told } = world();
    expect(keeper.remove('p', wanted)).toBe('Removing');
    await settled();
    expect(keeper.remove('p', wanted)).toBe('Removed');
    expect(admin.remove).toHaveBeenCalledExactlyOnceWith(['a'], ['g']);
    expect(wanted.clearProfiles).toHaveBeenCalledTimes(1);
    expect(told).toEqual(['p']);
  });

  test('leaves a topic that has other partitions: somebody else made it', async () => {
    const check = async () => [{ topic: 'a', kind: 'Partitions', problem: 'it has 7' } as const];
    const { keeper, wanted, admin } = world({ check });
    keeper.remove('p', { ...wanted, topics: [...wanted.topics, { name: 'b', partitions: 1 }] });
    await settled();
    expect(admin.remove).toHaveBeenCalledExactlyOnceWith(['b'], ['g']);
  });

  test('leaves topics that are not its own', async () => {
    const { keeper, wanted, admin } = world();
    keeper.remove('p', { ...wanted, managed: false });
    await settled();
    expect(admin.remove).toHaveBeenCalledExactlyOnceWith([], ['g']);
  });

  test('waits for a look under way, which might make again what is deleted', async () => {
    const making = Promise.withResolvers<[]>();
    const { keeper, wanted, admin } = world({ ensure: () => making.promise });
    keeper.look('p', wanted);
    keeper.remove('p', wanted);
    await settled();
    expect(admin.remove).not.toHaveBeenCalled();
    making.resolve([]);
    await settled();
    expect(admin.remove).toHaveBeenCalledTimes(1);
    expect(keeper.remove('p', wanted)).toBe('Removed');
  });

  test('says what failed, and tries again', async () => {
    let reachable = false;
    const ready = world();
    const { keeper, wanted, clock } = world({}, () => (reachable ? Promise.resolve(ready.admin) : away()));
    keeper.remove('p', wanted);
    await settled();
    expect(keeper.remove('p', wanted)).toEqual({ failed: 'nobody answers' });
    reachable = true;
    clock.time += 4999;
    keeper.remove('p', wanted);
    await settled();
    expect(keeper.remove('p', wanted)).toEqual({ failed: 'nobody answers' });
    clock.time += 1;
    keeper.remove('p', wanted);
    await settled();
    expect(keeper.remove('p', wanted)).toBe('Removed');
  });
});

test('a closed keeper tells nobody', async () => {
  const { keeper, wanted, told } = world();
  keeper.look('p', wanted);
  keeper.close();
  await settled();
  expect(told).toEqual([]);
});
