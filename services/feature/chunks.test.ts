/** Chunks end between records, and none holds more profiles than one commit can. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxWritesPerCommit } from '../shared/profile-store.ts';
import { cutChunks } from './chunks.ts';
import { cleanEvent, start0 } from '../../test/feature/world.ts';

const record = (offset: number, profiles: readonly number[]) => ({
  offset,
  key: null,
  timestamp: offset * 10,
  value: Buffer.from(profiles.map((n) => JSON.stringify(cleanEvent(n, { profile: `p-${n}` }))).join('\n')),
});

test('every line comes once, in order, and every chunk fits', () => {
  const profiles = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.array(profiles, { maxLength: 12 }), (all) => {
      const records = all.map((some, index) => record(index * 3, some));
      const chunks = [...cutChunks(records)];
      const lines = chunks.flatMap((chunk) => chunk.lines);
      expect(lines.map(({ event }) => event!.clean.profile)).toEqual(all.flat().map((n) => `p-${n}`));
      expect(lines.map(({ offset, index }) => [offset, index])).toEqual(
        all.flatMap((some, at) => some.map((_, index) => [at * 3, index])),
      );
      for (const chunk of chunks) {
        expect(chunk.profileIds).toEqual(new Set(chunk.lines.map(({ event }) => event!.clean.profile)));
        expect(chunk.profileIds.size).toBeLessThanOrEqual(maxWritesPerCommit);
        expect([chunk.offset, chunk.timestamp]).toEqual([chunk.lines.at(-1)!.offset, chunk.lines.at(-1)!.offset * 10]);
      }
    }),
    { numRuns: 40 },
  );
});

test('a chunk ends only where the next record would not fit', () => {
  const of = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
  const sizes = (...records: number[][]) =>
    Array.from(
      cutChunks(records.map((profiles, offset) => record(offset, profiles))),
      ({ profileIds }) => profileIds.size,
    );
  expect(sizes(of(0, 300), of(200, 500))).toEqual([500]);
  expect(sizes(of(0, 300), of(200, 501))).toEqual([300, 301]);
  expect(sizes(of(0, 500), of(0, 500), of(0, 500))).toEqual([500]);
});

test('of a record with more profiles than fit the surplus is refused, the rest applied', () => {
  const profiles = [...Array(600).keys(), 0, 599];
  const [chunk, ...others] = cutChunks([record(0, profiles)]);
  expect(others).toEqual([]);
  expect(chunk!.profileIds.size).toBe(maxWritesPerCommit);
  expect(chunk!.lines.filter(({ problem }) => problem?.includes('more than 500 profiles'))).toHaveLength(101);
  expect(chunk!.lines.at(-2)!.problem).toBeUndefined();
});

test('records without lines still move the watermark', () => {
  const [chunk] = cutChunks([record(4, [1]), { ...record(9, []), value: null }]);
  expect([chunk!.offset, chunk!.lines.length, chunk!.ingested]).toEqual([9, 1, [start0 + 1000]]);
});
