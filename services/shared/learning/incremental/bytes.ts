/** A growing piece of memory, as words and as bytes, with whole numbers written one after the other. */

/** What goes into the first four bytes of a number. */
const part = 2 ** 28;

export class Bytes {
  /** The same memory as `words`. */
  bytes: Uint8Array;
  words: Uint32Array;
  /** Where the next number is written or read. */
  at = 0;

  constructor(words = 256) {
    this.words = new Uint32Array(words);
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /** Room for so many bytes in all; what is there stays. */
  reach(length: number): void {
    if (this.bytes.length >= length) return;
    const words = new Uint32Array(Math.ceil((length * 1.5) / 4));
    words.set(this.words);
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
  }

  /** A whole number from 0, below 2^53: 7 bits a byte, the lowest first; the highest bit of a byte: more follow. */
  put(value: number): void {
    let rest = value;
    if (value >= part) {
      const high = Math.floor(value / part);
      const low = value - high * part;
      for (let shift = 0; shift < 28; shift += 7) this.bytes[this.at++] = (low >>> shift) | 128;
      rest = high;
    }
    for (; rest > 127; rest >>>= 7) this.bytes[this.at++] = rest | 128;
    this.bytes[this.at++] = rest;
  }

  take(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    let value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      if (shift === 28) return value + part * this.take();
      byte = bytes[this.at++]!;
      value |= (byte & 127) << shift;
    }
    return value;
  }
}
