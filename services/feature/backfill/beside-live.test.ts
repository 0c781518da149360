/** Beside live states that stand elsewhere than it was left, and in a slot in which others have been: nothing is lost. */
import { expect, it } from 'vitest';
import {
  begin,
  changes,
  finish,
  live,
  liveTag,
  OnePartition,
  profiles,
  pump,
  tag,
  turns,
  wrong,
} from '../../../test/feature/one-partition.ts';
import { withStore } from '../../../test/feature/world.ts';
import { backfillMark } from '../../shared/backfill.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { Watermark } from '../../shared/profile-store.ts';
import type { PartitionWorker } from '../partition-worker.ts';

it('takes nothing over before it has taken what was kept for later', async () => {
  const world = new OnePartition();
  world.send(20);
  const wanted = changes[0]!;
  let calls = 0;
  const asSeen = (worker: PartitionWorker) => ({
    get position() {
      return worker.position;
    },
    async between<T>(work: (live: Watermark | undefined) => Promise<T>): Promise<T | undefined> {
      // In the first one it opens, in the second it begins to keep the batches, in the third it takes those.
      if (++calls !== 3) return worker.between(work);
      world.send(8);
      await pump(world, begun);
      worker.forget();
      const done = await worker.between(work);
      begun.reading.from = await worker.assign();
      return done;
    },
  });
  const begun = begin(world, world.store, wanted, { asSeen });
  await pump(world, begun);
  const { backfill } = begun;
  const run = backfill.run();
  await finish(backfill, run);
  expect(await wrong(world, tag, wanted)).toEqual([]);
});

it.each([
  ['complete', undefined],
  ['half done', 'nobody can list them'],
])('waits for live states that are not as far as its own, which are %s', async (_, trouble) => {
  const world = new OnePartition();
  world.send(20);
  const wanted = changes[1]!;
  const list = (of: string): AsyncIterable<string> => {
    if (trouble !== undefined) throw new LikenessError('StoreUnavailable', trouble, { retryable: true });
    return world.store.list(of);
  };
  const before = begin(world, withStore(world.store, { list }), wanted);
  const earlier = before.backfill.run();
  await pump(world, before);
  await turns(20);
  before.backfill.stop();
  await earlier;
  const { watermark } = await world.store.read(tag, []);
  expect(watermark).toMatchObject({
    offset: 9,
    definition: trouble === undefined ? wanted.hash : backfillMark(wanted.hash),
  });
  // As where the partition has just come from somebody who was further, or the store has lost what it wrote last.
  await world.store.clear(liveTag);
  const begun = begin(world, world.store, wanted);
  begun.reading.from = await begun.worker.assign();
  const { backfill } = begun;
  const run = backfill.run();
  await turns(10);
  expect((await world.store.read(tag, [])).watermark).toEqual(watermark);
  world.send(10);
  await pump(world, begun);
  await finish(backfill, run);
  expect(await wrong(world, tag, wanted)).toEqual([]);
});

const stand = (world: OnePartition, offset: number, definition: string) =>
  world.store.commit(tag, undefined, { offset, timestamp: 1, definition }, [
    { profileId: profiles[0]!, state: Buffer.from('of others') },
  ]);

it.each([
  ['what others have left', 3, 'other'],
  ['states of a log that went further', 99, changes[0]!.hash],
  ['states of a log that had another record there', 3, changes[0]!.hash],
])('begins anew in place of %s', async (_, offset, definition) => {
  const world = new OnePartition();
  world.send(20);
  await stand(world, offset, definition);
  const begun = begin(world, world.store, changes[0]!);
  await pump(world, begun);
  const { backfill } = begun;
  const run = backfill.run();
  await finish(backfill, run);
  expect(await wrong(world, tag, changes[0]!)).toEqual([]);
});

it.each([
  [3, 'other'],
  [99, changes[0]!.hash],
])('clears nothing of what serves by now (to offset %i, %s)', async (offset, definition) => {
  const world = new OnePartition();
  world.send(20);
  await stand(world, offset, definition);
  const begun = begin(world, world.store, changes[0]!, { isIdle: false });
  await pump(world, begun);
  const { backfill } = begun;
  const run = backfill.run();
  await turns(10);
  expect(backfill.notes).toEqual(['partition 0: Other features serve by now, which is heard of soon.']);
  backfill.stop();
  await run;
  expect((await world.store.read(tag, [])).watermark).toMatchObject({ offset, definition });
});

it('lets the live work go on while it looks through the idle slot', async () => {
  const world = new OnePartition();
  world.send(20);
  const looking = Promise.withResolvers<boolean>();
  const store = withStore(world.store, {
    hasProfiles: (of) => (of === tag ? looking.promise : world.store.hasProfiles(of)),
  });
  const begun = begin(world, store, changes[0]!);
  await pump(world, begun);
  const { backfill } = begun;
  const run = backfill.run();
  await turns(5);
  world.send(10);
  await pump(world, begun);
  expect(await wrong(world, liveTag, live)).toEqual([]);
  looking.resolve(false);
  await finish(backfill, run);
  expect(await wrong(world, tag, changes[0]!)).toEqual([]);
});
