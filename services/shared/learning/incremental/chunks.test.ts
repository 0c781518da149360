import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bytes } from './bytes.ts';
import { Chunks } from './chunks.ts';

const writes = fc.array(fc.tuple(fc.nat(5), fc.nat(400)), { maxLength: 60, size: 'max' });

function write(chunks: Chunks, owner: number, length: number, mark: number): void {
  const bytes = new Bytes(1);
  bytes.reach(length);
  for (bytes.at = 0; bytes.at < length; bytes.at++) bytes.bytes[bytes.at] = mark + bytes.at * 7;
  chunks.write(owner, bytes);
}

test('each owner has what was written last, however it grows and shrinks, and after it was stored', () => {
  fc.assert(
    fc.property(writes, fc.nat(60), (all, cut) => {
      let chunks = new Chunks();
      const held = new Map<number, [length: number, mark: number]>();
      all.forEach(([owner, length], at) => {
        if (at === cut) {
          const stored = chunks.store(6);
          chunks = new Chunks();
          chunks.restore(stored);
        }
        write(chunks, owner, length, at);
        held.set(owner, [length, at]);
      });
      for (const [owner, [length, mark]] of held) {
        const bytes = new Bytes(1);
        expect(chunks.lengthOf(owner)).toBe(length);
        chunks.read(owner, bytes);
        expect([...bytes.bytes.subarray(0, length)]).toEqual(Array.from({ length }, (_, at) => (mark + at * 7) & 255));
      }
    }),
  );
});

test('what is given back is used again', () => {
  const chunks = new Chunks();
  for (let round = 0; round < 50; round++)
    for (const owner of [0, 1, 2]) write(chunks, owner, (round * 97) % 600, round);
  // Three of 600 bytes at most, in chunks of 124.
  expect(chunks.store(3).taken).toBeLessThanOrEqual(15);
});

test('a second page begins where the first is full', () => {
  const chunks = new Chunks();
  const owners = 2 ** 13 + 10;
  for (let owner = 0; owner < owners; owner++) write(chunks, owner, 8, owner);
  const { pages } = chunks.store(owners);
  expect(pages.map(({ length }) => length)).toEqual([2 ** 18, 320]);
  const bytes = new Bytes();
  chunks.read(owners - 1, bytes);
  expect(bytes.bytes[0]).toBe((owners - 1) & 255);
});
