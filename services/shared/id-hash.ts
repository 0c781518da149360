/** The 8-byte hash of an event id, for deduplication and for the one order of events. Stored: it must never change. */

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/**
 * The high and low half (unsigned 32 bits each). Built like MurmurHash3_x86_128 (Austin Appleby, public domain) with two
 * of its four lanes, each reading every pair of UTF-16 code units, so that JavaScript needs no bytes and no BigInt.
 */
export function idHash64(id: string): readonly [hi: number, lo: number] {
  const length = id.length;
  let h1 = 0x9368e53c;
  let h2 = 0x586dcd20;
  for (let i = 0; i < length; i += 2) {
    const k = id.charCodeAt(i) | (i + 1 < length ? id.charCodeAt(i + 1) << 16 : 0);
    h1 ^= Math.imul(rotate(Math.imul(k, 0x239b961b), 15), 0xab0e9789);
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(k, 0xab0e9789), 16), 0x38b34ae5);
    h2 = (Math.imul(rotate(h2, 17) + h1, 5) + 0x0bcaa747) | 0;
  }
  h1 ^= length;
  h2 ^= length;
  h1 = (h1 + h2) | 0;
  h2 = (h2 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = (h1 + h2) | 0;
  h2 = (h2 + h1) | 0;
  return [h1 >>> 0, h2 >>> 0];
}
