/** The pieces of which workers of one run add up what they have: bytes and back, cut times, the Gram matrix. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutTimes } from './cut-times.ts';
import { addEncoded, addGram, encodeTriangle, packedTriangle, squareOf } from './gram.ts';
import { pack, unpack } from './packed.ts';
import { alone } from './team.ts';

it('packs typed arrays and JSON, and refuses what it has not packed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.uint8Array(), fc.uint32Array(), fc.float64Array(), (header, u8, u32, f64) => {
      const bytes = pack(header, [u8, u32, f64]);
      // From a buffer that begins anywhere, as a file's does.
      const moved = Buffer.concat([Buffer.from('x'), bytes]).subarray(1);
      expect(unpack(moved)).toEqual({ header: JSON.parse(JSON.stringify(header)) as unknown, arrays: [u8, u32, f64] });
    }),
  );
  expect(() => unpack(Buffer.from('{"header": 1}'))).toThrow(/another worker/);
});

it('cuts where the sorted times would be cut, whatever they are', async () => {
  const times = fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: 0, max: 2e12, noNaN: true })));
  await fc.assert(
    fc.asyncProperty(times, fc.constantFrom(0.01, 0.1, 0.5), async (list, fraction) => {
      const sorted = Float64Array.from(list).sort();
      const at = (share: number) => sorted[Math.max(0, Math.round(sorted.length * share))] ?? Infinity;
      expect(await cutTimes(Float64Array.from(list), fraction, alone)).toEqual({
        validationFrom: at(1 - 2 * fraction),
        testFrom: at(1 - fraction),
      });
    }),
  );
});

it('sends a Gram matrix as its counts that are not zero, and adds it into any layout', () => {
  const histories = fc.array(fc.uniqueArray(fc.nat(6), { maxLength: 5 }), { maxLength: 300 });
  fc.assert(
    fc.property(histories, histories, (ours, theirs) => {
      const sequences = (rows: readonly (readonly number[])[]) => {
        const starts = new Uint32Array(rows.length + 1);
        rows.forEach((row, at) => (starts[at + 1] = starts[at]! + row.length));
        const items = Uint32Array.from(rows.flat());
        return { starts, items, times: new Float64Array(items.length), targets: new Uint8Array(items.length) };
      };
      const rowOf = Int32Array.of(0, 1, 2, -1, 3, 4, 5);
      const [whole, sum] = [new Float64Array(64), new Float64Array(64)];
      addGram(sequences([...ours, ...theirs]), rowOf, squareOf(whole, 8));
      addGram(sequences(ours), rowOf, squareOf(sum, 8));
      const sent = packedTriangle(6);
      addGram(sequences(theirs), rowOf, sent);
      addEncoded(encodeTriangle(sent), 6, squareOf(sum, 8));
      expect(sum).toEqual(whole);
    }),
  );
  expect(() => addEncoded(Uint8Array.of(90, 1), 6, packedTriangle(6))).toThrow(/not of this size/);
});
