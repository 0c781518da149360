/** The contract of `SegmentStore`, run against every implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profileDigest } from '../../services/shared/archive/erasure.ts';
import type { ArchivePlace, Segment, SegmentStore } from '../../services/shared/archive.ts';

export interface SegmentStoreUnderTest {
  /** Over the same segments as every other that this environment has opened. */
  open(place: ArchivePlace): SegmentStore;
  close(): Promise<void>;
}

const place: ArchivePlace = { pipeline: 'default.shop', stream: 'events-clean', epoch: 1 };
const segmentOf = (partition: number, first: number, last: number): Segment => ({
  partition,
  first,
  last,
  maxTime: 1_700_000_000_000 + last,
});

export function segmentStoreContract(name: string, start: () => Promise<SegmentStoreUnderTest>): void {
  describe(`SegmentStore contract: ${name}`, () => {
    let environment: SegmentStoreUnderTest;
    let store: SegmentStore;
    beforeEach(async () => {
      environment = await start();
      store = environment.open(place);
    });
    afterEach(() => environment.close());

    const textOf = async (segment: Segment) => {
      const bytes = await store.get(segment);
      return bytes && Buffer.from(bytes).toString();
    };

    it('gives back what was put, also to another process, and nothing of what was not', async () => {
      const every = Uint8Array.from({ length: 70_000 }, (_, at) => at & 255);
      await store.create(segmentOf(0, 0, 9), every);
      const again = await environment.open(place).get(segmentOf(0, 0, 9));
      expect(Buffer.from(again!).equals(every)).toBe(true);
      expect(await store.get(segmentOf(0, 0, 8))).toBeUndefined();
      expect(await store.get(segmentOf(1, 0, 9))).toBeUndefined();
    });

    it('keeps what is there when it is created again', async () => {
      await Promise.all(
        Array.from({ length: 5 }, () => environment.open(place).create(segmentOf(0, 0, 9), Buffer.from('same'))),
      );
      await store.create(segmentOf(0, 0, 9), Buffer.from('later'));
      expect(await textOf(segmentOf(0, 0, 9))).toBe('same');
      expect(await store.list()).toHaveLength(1);
    });

    it('lists the segments of a partition or of all, with their sizes', async () => {
      expect(await store.list()).toEqual([]);
      expect(await store.list(3)).toEqual([]);
      const largest = { ...segmentOf(1, 0, 0), first: 2 ** 53 - 3, last: 2 ** 53 - 2 };
      const segments = [segmentOf(0, 0, 9), segmentOf(0, 10, 12), segmentOf(10, 0, 4), largest];
      for (const [at, segment] of segments.entries()) await store.create(segment, Buffer.alloc(at + 1));
      const sorted = (await store.list()).toSorted((a, b) => a.bytes - b.bytes);
      expect(sorted).toEqual(segments.map((segment, at) => ({ ...segment, bytes: at + 1 })));
      // Not also of partition 10.
      expect(await store.list(1)).toEqual([{ ...largest, bytes: 4 }]);
    });

    it('tells apart segments that have been through other erasures', async () => {
      const purged = { ...segmentOf(0, 0, 9), purged: `e000002.${'0123456789abcdef'}` };
      await store.create(segmentOf(0, 0, 9), Buffer.from('before'));
      await store.create(purged, Buffer.from('after'));
      expect([await textOf(segmentOf(0, 0, 9)), await textOf(purged)]).toEqual(['before', 'after']);
      await store.remove(segmentOf(0, 0, 9));
      expect(await store.list(0)).toEqual([{ ...purged, bytes: 5 }]);
    });

    it('notes erasures once and for ever, each for its partition', async () => {
      expect(await store.erasures(0)).toEqual([]);
      const erasures = [0, 0, 1, 10].map((partition, at) => ({
        partition,
        before: at === 0 ? 2 ** 53 - 1 : at,
        profile: profileDigest(`u-${at}`),
      }));
      for (const erasure of [...erasures, ...erasures]) await environment.open(place).note(erasure);
      const noted = await store.erasures(0);
      expect(noted.toSorted((a, b) => b.before - a.before)).toEqual(erasures.slice(0, 2));
      expect(await store.erasures(1)).toEqual([erasures[2]]);
      expect(await store.list()).toEqual([]);
    });

    it('shows nothing of another pipeline or epoch', async () => {
      await store.create(segmentOf(0, 0, 9), Buffer.from('1'));
      await store.note({ partition: 0, before: 5, profile: profileDigest('u-1') });
      for (const other of [
        { ...place, epoch: 2 },
        { ...place, pipeline: 'default.shop2' },
      ]) {
        expect(await environment.open(other).list()).toEqual([]);
        expect(await environment.open(other).erasures(0)).toEqual([]);
      }
    });

    it('removes a segment, and does not mind one that is gone', async () => {
      await store.create(segmentOf(0, 0, 9), Buffer.from('1'));
      await store.remove(segmentOf(0, 0, 9));
      await store.remove(segmentOf(0, 0, 9));
      expect(await store.list()).toEqual([]);
    });
  });
}
