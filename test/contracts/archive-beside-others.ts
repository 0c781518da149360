/**
 * An archive while several processes write, merge, erase, purge and expire at once, one step of the store after another in
 * any order, and any of them may die: run against every implementation of `SegmentStore`.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { profileDigest } from '../../services/shared/archive/erasure.ts';
import { SegmentArchive } from '../../services/shared/archive/segment-archive.ts';
import { decodeSegment } from '../../services/shared/archive/segment-file.ts';
import { allOf, eventLine, linesIn, memorySegments, recordAt } from '../../services/shared/archive/test-log.ts';
import type { ArchivePlace, Segment, SegmentStore } from '../../services/shared/archive.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { SegmentStoreUnderTest } from './segment-store.ts';

const place: ArchivePlace = { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 };

/** So many are there at first, a segment each; as many as make a merge worth it. */
const atFirst = 12;
const inAll = 16;
const profiles = ['stays', 'goes', 'goes too'] as const;
const lineOf = (offset: number): string => eventLine(`e-${offset}`, { profile: profiles[offset % 3] });
const recordOf = (offset: number) => recordAt(offset, [lineOf(offset)]);

/** Their bytes, made once for all runs. */
const first = memorySegments();
async function fill(store: SegmentStore): Promise<void> {
  const archive = new SegmentArchive(first);
  for (let offset = (await archive.extent(0)).to; offset < atFirst; offset++)
    await archive.append({ partition: 0, first: offset, last: offset }, [recordOf(offset)]);
  for (const segment of await first.list()) await store.create(segment, (await first.get(segment))!);
}

interface World {
  readonly store: SegmentStore;
  /** Erased by now, for certain. */
  readonly erased: Set<string>;
  /** Records that an archiver has reported as written. */
  readonly written: Set<number>;
}

type Work = (archive: SegmentArchive, world: World) => Promise<unknown>;

const erase =
  (profile: string): Work =>
  async (archive, { erased }) => {
    await archive.erase([{ partition: 0, before: inAll, profile: profileDigest(profile) }]);
    erased.add(profile);
    await archive.purge();
  };

const append: Work = async (archive, { written }) => {
  for (let next = (await archive.extent(0)).to; next < inAll; next += 2) {
    await archive.append({ partition: 0, first: next, last: next + 1 }, [recordOf(next), recordOf(next + 1)]);
    for (const offset of [next, next + 1]) written.add(offset);
  }
};

const works: Readonly<Record<string, Work>> = {
  append,
  appendToo: append,
  eraseOne: erase('goes'),
  eraseOther: erase('goes too'),
  merge: (archive) => archive.merge(),
  mergeThenPurge: (archive) => archive.merge().then(() => archive.purge()),
  purge: (archive) => archive.purge(),
  read: (archive, world) => checkReading(archive, world),
};

/** Whatever is written meanwhile: all that stays, in order, once, and nothing of what was erased before. */
async function checkReading(archive: SegmentArchive, { erased, written }: World): Promise<void> {
  const [gone, known] = [new Set(erased), new Set(written)];
  const read = await allOf(archive.read({ partition: 0, from: 0 }));
  const offsets = read.map(({ offset }) => offset);
  expect(offsets).toEqual([...new Set(offsets)].toSorted((a, b) => a - b));
  for (const { offset } of read) expect(gone.has(profiles[offset % 3]!)).toBe(false);
  for (const offset of known) if (offset % 3 === 0) expect(offsets).toContain(offset);
  expect(linesIn(read)).toEqual(offsets.map((offset) => `${offset}/${lineOf(offset)}`));
}

/** Of what happens to the one who works, only these are no fault: another was faster, or it was killed. */
async function unlessEnded(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (error instanceof LikenessError && error.code === 'StoreUnavailable') return;
    if (error instanceof Error && error.message === 'killed') return;
    throw error;
  });
}

/** Each step waits for its turn; a list is made in two, as a store gives it in pages. */
function inTurns(store: SegmentStore, turn: () => Promise<void>): SegmentStore {
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    await turn();
    return work();
  };
  return {
    create: (segment, bytes) => step(() => store.create(segment, bytes)),
    get: (segment) => step(() => store.get(segment)),
    remove: (segment) => step(() => store.remove(segment)),
    note: (erasure) => step(() => store.note(erasure)),
    erasures: (partition) => step(() => store.erasures(partition)),
    list: async (partition) => {
      const early = await step(() => store.list(partition));
      const late = await step(() => store.list(partition));
      const isEarly = (segment: Segment): boolean => segment.first < atFirst / 2;
      return [...early.filter(isEarly), ...late.filter((segment) => !isEarly(segment))];
    },
  };
}

const plan = fc.uniqueArray(fc.record({ work: fc.constantFrom(...Object.keys(works)), steps: fc.nat(60) }), {
  selector: ({ work }) => work,
  minLength: 2,
  maxLength: 6,
});

export function archiveBesideOthers(name: string, start: () => Promise<SegmentStoreUnderTest>, numRuns: number): void {
  it(`brings nothing back and loses nothing, whatever is done at once: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.scheduler(), async (actors, scheduler) => {
        const environment = await start();
        const store = environment.open(place);
        await fill(store);
        const world: World = { store, erased: new Set(), written: new Set() };
        for (let offset = 0; offset < atFirst; offset++) world.written.add(offset);
        const all = actors.map(({ work, steps }) => {
          let left = steps;
          const turn = async (): Promise<void> => {
            await scheduler.schedule(Promise.resolve(), work);
            // Above 40 it outlives the run.
            if (steps < 40 && left-- <= 0) throw new Error('killed');
          };
          return unlessEnded(works[work]!(new SegmentArchive(inTurns(store, turn)), world));
        });
        await scheduler.waitFor(Promise.all(all));
        await checkAtRest(world);
        await environment.close();
      }),
      { numRuns },
    );
  });
}

/** Once nobody is at work any more, one purge takes out of the files too what is erased. */
async function checkAtRest(world: World): Promise<void> {
  const archive = new SegmentArchive(world.store);
  await checkReading(archive, world);
  await archive.purge();
  await checkReading(archive, world);
  const lines: string[] = [];
  for (const segment of await world.store.list())
    for await (const group of decodeSegment(segment, (await world.store.get(segment))!))
      lines.push(...group.map(({ line }) => line));
  for (const line of lines) expect(world.erased).not.toContain((JSON.parse(line) as { profile: string }).profile);
}
