/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), sixteen bytes a step: the checksum of every Kafka record batch. */

/** Slicing (Kounavis and Berry, ISCC 2005): entries 256·k… advance a byte by k further zero bytes. */
const table = makeTable(16);

function makeTable(slices: number): Int32Array {
  const entries = new Int32Array(256 * slices);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    entries[byte] = crc;
  }
  for (let at = 256; at < entries.length; at++) {
    const shorter = entries[at - 256]!;
    entries[at] = (shorter >>> 8) ^ entries[shorter & 0xff]!;
  }
  return entries;
}

/** The four bytes of a word, whose last one is followed by `zeros` bytes of its step. */
function advance(word: number, zeros: number): number {
  const at = zeros << 8;
  return (
    table[at + 768 + (word & 0xff)]! ^
    table[at + 512 + ((word >>> 8) & 0xff)]! ^
    table[at + 256 + ((word >>> 16) & 0xff)]! ^
    table[at + (word >>> 24)]!
  );
}

function bytewise(start: number, bytes: Uint8Array): number {
  let crc = start;
  for (let at = 0; at < bytes.length; at++) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return crc;
}

/**
 * 32 bits, unsigned; goes on from `previous`, the checksum of what comes before. Words are read as the processor has
 * them: little-endian on every platform that Node is built for but s390x, where Kafka would refuse each batch.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  if (bytes.length < 20) return ~bytewise(~previous, bytes) >>> 0;
  const before = -bytes.byteOffset & 3;
  const steps = (bytes.length - before) >>> 4;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + before, steps * 4);
  let crc = bytewise(~previous, bytes.subarray(0, before));
  for (let at = 0; at < words.length; at += 4)
    crc =
      advance(words[at]! ^ crc, 12) ^
      advance(words[at + 1]!, 8) ^
      advance(words[at + 2]!, 4) ^
      advance(words[at + 3]!, 0);
  return ~bytewise(crc, bytes.subarray(before + steps * 16)) >>> 0;
}
