/** Chunks give back what was put in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkLast, chunkTimestamp, decodeChunk, encodeChunk, sizeOf, type ChunkEntry } from './chunk.ts';

const entries = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 5 }),
      key: fc.option(fc.string({ unit: 'binary' })),
      value: fc.option(fc.uint8Array({ maxLength: 40 })),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((items) => {
    let offset = 2 ** 40;
    return items.map(({ gap, key, value }): ChunkEntry => ({ offset: (offset += gap), key, value }));
  });

describe('a chunk', () => {
  it('decodes to what was encoded, with one timestamp, from any offset on', () => {
    fc.assert(
      fc.property(entries, fc.nat(100), (list, skip) => {
        const first = list[0]!.offset;
        const last = list.at(-1)!.offset;
        const chunk = encodeChunk(first, last, 1_700_000_000_123.5, list);
        expect(chunkLast(first, chunk)).toBe(last);
        expect(chunkTimestamp(chunk)).toBe(1_700_000_000_123.5);
        const from = first + skip;
        const expected = list.filter(({ offset }) => offset >= from);
        const decoded = decodeChunk(first, chunk, from);
        expect(decoded.map(({ offset, key }) => ({ offset, key }))).toEqual(
          expected.map(({ offset, key }) => ({ offset, key: key === null ? null : Buffer.from(key).toString() })),
        );
        expect(decoded.map(({ value }) => value && [...value])).toEqual(
          expected.map(({ value }) => value && [...value]),
        );
      }),
    );
  });

  it('is as large as its entries say', () => {
    const list: ChunkEntry[] = [
      { offset: 0, key: 'é', value: Buffer.from('ab') },
      { offset: 1, key: null, value: null },
    ];
    const header = encodeChunk(0, 0, 0, []).length;
    expect(encodeChunk(0, 1, 0, list).length).toBe(header + sizeOf('é', Buffer.from('ab')) + sizeOf(null, null));
  });
});
