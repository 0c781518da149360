/** Recent ids forget by window and count alone, whatever was stored and read again in between. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idHash64 } from '../id-hash.ts';
import { entryBytes, maxRecentIds, RecentIds, type IdWrite } from './recent-ids.ts';

const window = 1000;
const start = 1_700_000_000_000;
const hash = idHash64;

/** The rule, written as slowly and plainly as it is said. */
class Model {
  entries: { id: string; at: number }[] = [];

  check(id: string, at: number): string {
    const newest = Math.max(...this.entries.map((entry) => entry.at));
    if (at < newest - window) return 'beyond';
    return this.entries.some((entry) => entry.id === id && entry.at >= at - window) ? 'duplicate' : 'new';
  }

  add(id: string, at: number): void {
    this.entries.push({ id, at });
    const newest = Math.max(...this.entries.map((entry) => entry.at));
    this.entries = this.entries.filter((entry) => entry.at >= newest - window);
  }
}

const apply = (stored: Buffer, write: IdWrite | undefined): Buffer => {
  if (write === undefined) return stored;
  return 'append' in write ? Buffer.concat([stored, write.append]) : write.replace;
};

const step = fc.record({
  id: fc.integer({ min: 0, max: 60 }).map((number) => `e-${number}`),
  /** Mostly forward, sometimes back, sometimes far ahead. */
  ahead: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -300, max: 60 }) },
    { weight: 1, arbitrary: fc.integer({ min: -2500, max: 2500 }) },
  ),
  after: fc.constantFrom('go on', 'store', 'read again'),
});

test('any history, stored and read again anywhere, says what the plain rule says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const model = new Model();
      let ids = new RecentIds(window);
      let stored: Buffer = Buffer.alloc(0);
      let now = start;
      for (const { id, ahead, after } of steps) {
        const at = now + ahead;
        now = Math.max(now, at);
        const said = ids.check(hash(id), at);
        expect(said).toBe(model.check(id, at));
        if (said === 'new') {
          expect(ids.add(hash(id), at)).toBe(false);
          model.add(id, at);
        }
        expect(ids.size).toBe(model.entries.length);
        if (after === 'go on') continue;
        stored = apply(stored, ids.takeWrite());
        expect(stored.length / entryBytes).toBeLessThanOrEqual(ids.size + Math.max(8, ids.size >> 1));
        if (after === 'read again') ids = RecentIds.decode(stored, window);
      }
    }),
    { numRuns: 300 },
  );
});

test('the window counts its own edge in, and not a millisecond more', () => {
  const ids = new RecentIds(window);
  ids.add(hash('old'), start - window);
  ids.add(hash('new'), start);
  expect(ids.size).toBe(2);
  expect(ids.check(hash('old'), start - window)).toBe('duplicate');
  expect(ids.check(hash('other'), start - window)).toBe('new');
  expect(ids.check(hash('other'), start - window - 1)).toBe('beyond');
});

describe('the bound of 4,096', () => {
  const full = (): RecentIds => {
    const ids = new RecentIds(1e9);
    for (let i = 0; i < maxRecentIds; i++) expect(ids.add(hash(`e-${i}`), start + i)).toBe(false);
    return ids;
  };

  test('the oldest goes first, and that it went is told', () => {
    const ids = full();
    expect(ids.check(hash('e-0'), start)).toBe('duplicate');
    expect(ids.add(hash('x'), start + maxRecentIds)).toBe(true);
    expect(ids.check(hash('e-0'), start)).toBe('new');
    expect(ids.check(hash('e-1'), start)).toBe('duplicate');
    expect(ids.size).toBe(maxRecentIds);
  });

  test('one older than all that are kept is forgotten at once', () => {
    const ids = full();
    expect(ids.add(hash('old'), start - 5)).toBe(true);
    expect(ids.check(hash('old'), start - 5)).toBe('new');
    expect(ids.check(hash('e-0'), start)).toBe('duplicate');
  });

  test('of those that came in the same millisecond the first goes first, also after storage', () => {
    let ids = new RecentIds(1e9);
    for (let i = 0; i < maxRecentIds; i++) ids.add(hash(`e-${i}`), start);
    ids = RecentIds.decode(apply(Buffer.alloc(0), ids.takeWrite()), 1e9);
    for (let i = 0; i < 100; i++) expect(ids.add(hash(`more-${i}`), start)).toBe(true);
    const said = Array.from({ length: 102 }, (_, i) => ids.check(hash(`e-${i}`), start));
    expect(said).toEqual([...Array.from({ length: 100 }, () => 'new'), 'duplicate', 'duplicate']);
    expect(ids.check(hash('more-0'), start)).toBe('duplicate');
  });

  test('a long history costs each id about three writes, and stays bounded', () => {
    let ids = new RecentIds(1e12);
    let stored: Buffer = Buffer.alloc(0);
    let written = 0;
    const count = 12_000;
    for (let i = 0; i < count; i++) {
      ids.add(hash(`e-${i}`), start + i);
      const write = ids.takeWrite();
      stored = apply(stored, write);
      written += Object.values(write!)[0]!.length;
      if (i % 4999 === 0) ids = RecentIds.decode(stored, 1e12);
    }
    expect(written / entryBytes / count).toBeLessThan(4);
    expect(stored.length).toBeLessThanOrEqual(maxRecentIds * 1.5 * entryBytes);
    const again = RecentIds.decode(stored, 1e12);
    for (let i = count - maxRecentIds; i < count; i++) expect(again.check(hash(`e-${i}`), start + i)).toBe('duplicate');
    expect(again.check(hash(`e-${count - maxRecentIds - 1}`), start + count)).toBe('new');
  });
});

test('nothing added, nothing written', () => {
  const ids = new RecentIds(window);
  expect(ids.takeWrite()).toBeUndefined();
  ids.add(hash('a'), start);
  expect(ids.takeWrite()).toEqual({ append: expect.any(Buffer) });
  expect(ids.takeWrite()).toBeUndefined();
});

test('an id seen again behind the window counts, and is remembered anew', () => {
  const ids = new RecentIds(window);
  ids.add(hash('a'), start);
  expect(ids.check(hash('a'), start + window)).toBe('duplicate');
  expect(ids.check(hash('a'), start + window + 1)).toBe('new');
  ids.add(hash('a'), start + window + 1);
  expect(ids.check(hash('a'), start + 2 * window)).toBe('duplicate');
  expect(ids.check(hash('b'), start)).toBe('beyond');
});

test('damaged bytes are refused', () => {
  expect(() => RecentIds.decode(Buffer.alloc(15), window)).toThrow(expect.objectContaining({ code: 'BadData' }));
});
