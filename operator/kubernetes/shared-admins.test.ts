import { expect, it } from 'vitest';
import { LikenessError } from '../../services/shared/errors.ts';
import type { TopicAdmin } from '../../services/shared/topic-admin.ts';
import { SharedAdmins } from './shared-admins.ts';

interface World {
  readonly admins: SharedAdmins<{ readonly address: string }>;
  /** By number of the connection. */
  readonly closed: number[];
  readonly connected: string[];
  /** Runs what was to run later. */
  readonly elapse: () => void;
  fail: boolean;
  refuse: boolean;
}

function createWorld(): World {
  let later = new Set<() => void>();
  const world: World = {
    closed: [],
    connected: [],
    fail: false,
    refuse: false,
    elapse: () => {
      const due = later;
      later = new Set();
      for (const run of due) run();
    },
    admins: new SharedAdmins<{ readonly address: string }>({
      connect: ({ address }) => {
        const number = world.connected.push(address) - 1;
        const answer = <T>(value: T) => (world.fail ? Promise.reject(new Error('lost')) : Promise.resolve(value));
        const admin: TopicAdmin = {
          ensure: () => answer([]),
          check: () => answer([]),
          remove: () => answer(undefined),
          lag: () => answer(number),
          written: () => (world.refuse ? Promise.reject(new LikenessError('BadConfig', 'not authorized')) : answer(0)),
          close: () => Promise.resolve(void world.closed.push(number)),
        };
        return answer(admin);
      },
      timing: {
        after: (_, run) => {
          later.add(run);
          return () => later.delete(run);
        },
      },
    }),
  };
  return world;
}

const of = { group: 'g', topic: 't' };
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('connects once for all that connect alike, and keeps the connection for a while after the last', async () => {
  const { admins, connected, closed, elapse } = createWorld();
  const [one, two] = await Promise.all([admins.open({ address: 'a' }), admins.open({ address: 'a' })]);
  const other = await admins.open({ address: 'b' });
  expect(connected).toEqual(['a', 'b']);
  expect([await one.lag(of), await two.lag(of), await other.lag(of)]).toEqual([0, 0, 1]);
  await one.close();
  await one.close();
  elapse();
  await settled();
  expect(closed).toEqual([]);
  await two.close();
  const again = await admins.open({ address: 'a' });
  elapse();
  await again.close();
  expect([connected.length, closed]).toEqual([2, []]);
  elapse();
  await settled();
  expect(closed).toEqual([0]);
  await admins.open({ address: 'a' });
  expect(connected).toEqual(['a', 'b', 'a']);
});

it('gives nobody what has failed, and closes it when its last user has gone', async () => {
  const world = createWorld();
  const [one, two] = [await world.admins.open({ address: 'a' }), await world.admins.open({ address: 'a' })];
  world.fail = true;
  await expect(one.check([])).rejects.toThrow('lost');
  await expect(world.admins.open({ address: 'a' })).rejects.toThrow('lost');
  world.fail = false;
  const fresh = await world.admins.open({ address: 'a' });
  expect(await fresh.lag(of)).toBe(2);
  await one.close();
  await settled();
  expect(world.closed).toEqual([]);
  await two.close();
  await settled();
  expect(world.closed).toEqual([0]);
});

it('goes on with a connection on which something was refused', async () => {
  const world = createWorld();
  const [one, two] = [await world.admins.open({ address: 'a' }), await world.admins.open({ address: 'a' })];
  world.refuse = true;
  await expect(one.written('models')).rejects.toThrow('not authorized');
  expect(await two.lag(of)).toBe(0);
  expect(await (await world.admins.open({ address: 'a' })).lag(of)).toBe(0);
  expect(world.connected).toEqual(['a']);
});

it('closes at the end what is idle at once, and the rest when it is given back', async () => {
  const { admins, closed } = createWorld();
  const [idle, used] = [await admins.open({ address: 'a' }), await admins.open({ address: 'b' })];
  await idle.close();
  admins.close();
  await settled();
  expect(closed).toEqual([0]);
  await used.close();
  await settled();
  expect(closed).toEqual([0, 1]);
});
