/** Whatever changes, and wherever it is killed: in the end each profile is what a replay with the new features makes. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  begin,
  changes,
  live,
  liveTag,
  OnePartition,
  profiles,
  pump,
  tag,
  untilAbreast,
  wrong,
} from '../../../test/feature/one-partition.ts';
import { withStore } from '../../../test/feature/world.ts';
import { LikenessError } from '../../shared/errors.ts';
import { decodeProfile } from '../../shared/profile/codec.ts';
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import type { ProfileState } from '../../shared/profile/profile.ts';
import type { ProfileStore } from '../../shared/profile-store.ts';

/** Lets others have their turn before each call, and after so many fails for good; the last may have been done or not. */
function mortal(store: ProfileStore, calls: number, isDone: boolean) {
  const life = { left: calls };
  const dying =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await turn();
      life.left--;
      if (life.left > 0) return call(...args);
      if (life.left === 0 && isDone) await call(...args);
      throw new LikenessError('StoreUnavailable', 'dead', { retryable: true });
    };
  const read = dying((...args: Parameters<ProfileStore['read']>) => store.read(...args));
  const commit = dying((...args: Parameters<ProfileStore['commit']>) => store.commit(...args));
  const clear = dying((tag: string) => store.clear(tag));
  return { life, store: withStore(store, { read, commit, clear }) };
}

const turn = () => new Promise(setImmediate);

interface Life {
  /** Index of what is wanted meanwhile. */
  readonly change: number;
  /** Numbers of events sent, one after another. */
  readonly steps: readonly number[];
  readonly calls: number;
  readonly isDone: boolean;
  /** Milliseconds between two of them. */
  readonly pause: number;
}

const lives = fc.array(
  fc.record({
    change: fc.nat(changes.length - 1),
    steps: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    calls: fc.integer({ min: 3, max: 40 }),
    isDone: fc.boolean(),
    pause: fc.nat(3),
  }),
  { minLength: 1, maxLength: 4 },
);

async function liveUntilKilled(world: OnePartition, life: Life): Promise<void> {
  const { store, life: dying } = mortal(world.store, life.calls, life.isDone);
  const begun = begin(world, store, changes[life.change]!);
  const { backfill } = begun;
  const run = backfill.run();
  try {
    for (const count of life.steps) {
      world.send(count);
      await pump(world, begun);
      await sleep(life.pause);
    }
    while (dying.left > 0 && !backfill.isAbreast) await sleep(0);
  } catch (error) {
    expect(error).toMatchObject({ code: 'StoreUnavailable' });
  }
  backfill.stop();
  await run;
}

it('makes what a replay makes, killed anywhere and asked for something else meanwhile', async () => {
  const change = fc.nat(changes.length - 1);
  await fc.assert(
    fc.asyncProperty(fc.nat(30), lives, change, async (before, killed, last) => {
      const world = new OnePartition();
      world.send(before);
      for (const life of killed) await liveUntilKilled(world, life);
      const wanted = changes[last]!;
      const begun = begin(world, mortal(world.store, Infinity, true).store, wanted);
      const { backfill } = begun;
      const run = backfill.run();
      await pump(world, begun);
      for (let more = 0; more < 6 || !backfill.isAbreast; more++) {
        if (more < 40) world.send(3);
        await pump(world, begun);
        await turn();
      }
      world.send(9);
      await pump(world, begun);
      backfill.stop();
      await run;
      expect(await wrong(world, tag, wanted)).toEqual([]);
      expect(await wrong(world, liveTag, live)).toEqual([]);
      const { watermark } = await world.store.read(tag, []);
      expect(watermark).toEqual({ ...(await world.store.read(liveTag, [])).watermark, definition: wanted.hash });
    }),
    { numRuns: 30 },
  );
}, 60_000);

it('takes over what the log has lost, and tells from where on the changed features know', async () => {
  const world = new OnePartition();
  world.send(30);
  await pump(world, begin(world, world.store, live));
  world.log.low = 5;
  const wanted = changes[0]!;
  const begun = begin(world, world.store, wanted);
  const { backfill } = begun;
  const run = backfill.run();
  await pump(world, begun);
  await untilAbreast(backfill);
  // A repeat of what is lost is known by the ids that were taken over.
  world.log.append([JSON.stringify(world.sent.get(profiles[0]!)![0])]);
  await pump(world, begun);
  expect(backfill.notes).toEqual(['partition 0: no record before offset 5 can be read any more']);
  backfill.stop();
  await run;
  const id = profiles[0]!;
  const [before, after] = await world.store.get([liveTag, tag].map((of) => ({ tag: of, profileId: id })));
  const [old, made] = [decodeProfile(live, before!), decodeProfile(wanted, after!)];
  const counted = (compiled: CompiledFeatures, state: ProfileState, name: string) =>
    state.counted[compiled.features.findIndex((feature) => feature.name === name)]!;
  expect(counted(wanted, made, 'spend')).toBe(counted(live, old, 'spend'));
  expect(counted(wanted, made, 'history')).toBeLessThan(counted(live, old, 'history'));
});
