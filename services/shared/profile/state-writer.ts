/**
 * Writes the compact layout of a state. Numbers are varints of 7 bits a byte, least significant first; strings are
 * written once and then named by their place in one of two tables; times are differences to the time written before.
 */
import type { Micro } from './micro.ts';
import type { EventOrder } from './order.ts';

/** A string's head: its lowest two bits say what follows, the rest is a length, a place in the table, or the number. */
export const textTag = { utf8: 0, seen: 1, decimal: 2 } as const;

/** Decimals of up to so many digits are written as numbers. */
const maxDigits = 15;

/** The number that prints as `text`, or -1. */
function decimalOf(text: string): number {
  const length = text.length;
  if (length === 0 || length > maxDigits || (length > 1 && text.charCodeAt(0) === 48)) return -1;
  let number = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

interface Hash64 {
  readonly lo: number;
  readonly place: number;
}

export class StateWriter {
  #buffer = Buffer.allocUnsafe(4096);
  #at = 0;
  #time = 0;
  readonly #texts = new Map<string, number>();
  readonly #labels = new Map<string, number>();
  readonly #hashes = new Map<number, Hash64>();
  #hashCount = 0;
  readonly #orders: EventOrder[] = [];

  /** Starts anew; one writer serves many states, one after another. */
  reset(): void {
    this.#at = 0;
    this.#time = 0;
    this.#texts.clear();
    this.#labels.clear();
    this.#hashes.clear();
    this.#hashCount = 0;
    this.#orders.length = 0;
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
    this.#varint(value);
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
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
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

  get lastTime(): number {
    return this.#time;
  }

  time(value: number): void {
    this.signed(value - this.#time);
    this.#time = value;
  }

  /** A string that may come again: an item id. */
  text(value: string): void {
    this.#tabled(this.#texts, value);
  }

  /** A string of a small set: an event type, a category. Has its own table, so that its places stay small. */
  label(value: string): void {
    this.#tabled(this.#labels, value);
  }

  /** A string that hardly comes again: an event id. */
  plain(value: string): void {
    const decimal = decimalOf(value);
    if (decimal >= 0) this.unsigned(decimal * 4 + textTag.decimal);
    else this.#utf8(value);
  }

  /** Position of an event; the same event is written once. */
  order(value: EventOrder | undefined): void {
    if (value === undefined) return this.unsigned(0);
    const orders = this.#orders;
    for (let i = 0; i < orders.length; i++) {
      const seen = orders[i]!;
      if (seen === value || (seen.time === value.time && seen.id === value.id)) return this.unsigned(i + 2);
    }
    orders.push(value);
    this.unsigned(1);
    this.time(value.time);
    this.plain(value.id);
  }

  #tabled(table: Map<string, number>, value: string): void {
    const place = table.get(value);
    if (place !== undefined) return this.unsigned(place * 4 + textTag.seen);
    table.set(value, table.size);
    this.plain(value);
  }

  #utf8(value: string): void {
    const length = value.length;
    this.#reserve(8 + length * 3);
    const start = this.#at;
    this.#varint(length * 4 + textTag.utf8);
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return this.#beyondAscii(value, start);
      this.#buffer[this.#at++] = unit;
    }
  }

  #beyondAscii(value: string, start: number): void {
    this.#at = start;
    this.#varint(Buffer.byteLength(value) * 4 + textTag.utf8);
    this.#at += this.#buffer.write(value, this.#at);
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
