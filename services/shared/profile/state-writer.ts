/**
 * Writes the compact layout of a state. Numbers are varints of 7 bits a byte, least significant first; times are
 * differences to the time written before; ids and hashes that come again are named by their place.
 */
import type { Micro } from './micro.ts';
import type { EventOrder } from './order.ts';
import { alike, decimalOf, isUuid, textTag, uuidBytes } from './text-forms.ts';

interface Hash64 {
  readonly lo: number;
  readonly place: number;
}

/** Below so many bytes a loop is quicker than a call into the runtime. */
const shortCopy = 64;

export class StateWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #at = 0;
  /** What the next time is told from. */
  lastTime = 0;
  #before = '';
  readonly #hashes = new Map<number, Hash64>();
  #hashCount = 0;
  readonly #orders: EventOrder[] = [];

  /** Starts anew; one writer serves many states, one after another. */
  reset(): void {
    this.#at = 0;
    this.lastTime = 0;
    this.#before = '';
    if (this.#hashCount > 0) this.#hashes.clear();
    this.#hashCount = 0;
    this.#orders.length = 0;
  }

  /** Begins a part that can be read by itself; its times are told from `time`. */
  begin(time: number): void {
    this.lastTime = time;
    this.#before = '';
    if (this.#hashCount > 0) this.#hashes.clear();
    this.#hashCount = 0;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#at;
  }

  /** Copies what was written from `start` to `end` (sizes that it had) to `at` of `target`. */
  copyTo(target: Buffer, at: number, start: number, end: number): void {
    this.#buffer.copy(target, at, start, end);
  }

  /** Writes the bytes of `source` from `start` to `end`. */
  copy(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    const buffer = this.#buffer;
    const at = this.#at;
    if (end - start >= shortCopy) source.copy(buffer, at, start, end);
    else for (let from = start, to = at; from < end; from++, to++) buffer[to] = source[from]!;
    this.#at = at + end - start;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#at);
    this.#buffer.copy(bytes, 0, 0, this.#at);
    return bytes;
  }

  /** A whole number from 0 below 2^53. */
  unsigned(value: number): void {
    this.#reserve(8);
    if (value < 0x80) this.#buffer[this.#at++] = value;
    else this.#varint(value);
  }

  /** A whole number within ±2^53, or any bigint beyond; bit 6 of the first byte is the sign. */
  signed(value: Micro): void {
    this.#reserve(8);
    if (typeof value === 'bigint') return this.#big(value);
    const sign = value < 0 ? 0x40 : 0;
    const size = value < 0 ? -value : value;
    if (size < 0x40) this.#buffer[this.#at++] = sign | size;
    else {
      this.#buffer[this.#at++] = 0x80 | sign | (size % 0x40);
      this.#varint(Math.floor(size / 0x40));
    }
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** 32 bits, unsigned. */
  word(value: number): void {
    this.#reserve(4);
    const buffer = this.#buffer;
    buffer[this.#at++] = value;
    buffer[this.#at++] = value >>> 8;
    buffer[this.#at++] = value >>> 16;
    buffer[this.#at++] = value >>> 24;
  }

  /** A 64-bit hash that may come again. (Two that agree in 53 bits are both written out: rare, and still correct.) */
  hash(hi: number, lo: number): void {
    const key = hi * 0x200000 + (lo >>> 11);
    const seen = this.#hashes.get(key);
    if (seen?.lo === lo) return this.unsigned(seen.place + 1);
    this.#hashes.set(key, { lo, place: this.#hashCount++ });
    this.unsigned(0);
    this.word(hi);
    this.word(lo);
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  time(value: number): void {
    this.signed(value - this.lastTime);
    this.lastTime = value;
  }

  /** A string: as a number or a UUID if it is one, else what it does not share with the one before, and its end. */
  plain(value: string): void {
    const decimal = decimalOf(value);
    if (decimal >= 0) return this.unsigned(decimal * 4 + textTag.decimal);
    if (isUuid(value)) {
      this.unsigned(textTag.alike);
      return this.bytes(uuidBytes(value));
    }
    this.#utf8(value);
    this.#before = value;
  }

  /** A string whose bytes depend on it and `neighbour` alone, which the reader has when it comes to it. */
  textBeside(value: string, neighbour: string): void {
    const before = this.#before;
    this.#before = neighbour;
    this.plain(value);
    this.#before = before;
  }

  /** Position of an event; the same event is written once. */
  order(value: EventOrder): void {
    const orders = this.#orders;
    for (let i = 0; i < orders.length; i++) {
      const seen = orders[i]!;
      if (seen === value || (seen.time === value.time && seen.id === value.id)) return this.unsigned(i + 1);
    }
    orders.push(value);
    this.unsigned(0);
    this.time(value.time);
    this.plain(value.id);
  }

  #utf8(value: string): void {
    const shared = alike(this.#before, value);
    this.#reserve(16 + value.length * 3);
    const start = this.#at;
    const length = value.length - shared;
    this.#textHead(length, shared);
    for (let i = shared; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return this.#beyondAscii(value, shared, start);
      this.#buffer[this.#at++] = unit;
    }
  }

  #beyondAscii(value: string, shared: number, start: number): void {
    const end = value.slice(shared);
    this.#at = start;
    this.#textHead(Buffer.byteLength(end), shared);
    this.#at += this.#buffer.write(end, this.#at);
  }

  #textHead(bytes: number, shared: number): void {
    if (shared === 0) return this.#varint(bytes * 4 + textTag.utf8);
    this.#varint((bytes + 1) * 4 + textTag.alike);
    this.#buffer[this.#at++] = shared;
  }

  #varint(value: number): void {
    const buffer = this.#buffer;
    let at = this.#at;
    let rest = value;
    while (rest > 0x7fffffff) {
      buffer[at++] = 0x80 | (rest % 0x80);
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      buffer[at++] = 0x80 | (rest & 0x7f);
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.#at = at;
  }

  #big(value: bigint): void {
    let rest = value < 0n ? -value : value;
    this.#buffer[this.#at++] = 0x80 | (value < 0n ? 0x40 : 0) | Number(rest & 0x3fn);
    for (rest >>= 6n; rest > 0x7fn; rest >>= 7n) {
      this.#reserve(2);
      this.#buffer[this.#at++] = 0x80 | Number(rest & 0x7fn);
    }
    this.#buffer[this.#at++] = Number(rest);
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe((this.#at + size) * 2);
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
