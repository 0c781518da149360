/** Reads what state-writer.ts writes. Bytes that end too early or are left over are a LikenessError `BadData`. */
import { LikenessError } from '../errors.ts';
import { settle, type Micro } from './micro.ts';
import { orderOf, type EventOrder } from './order.ts';
import { textTag, uuidText } from './text-forms.ts';

function corrupt(what: string): LikenessError {
  return new LikenessError('BadData', `The stored state of a profile is damaged: ${what}. Rebuild the pipeline.`);
}

export class StateReader {
  readonly #buffer: Buffer;
  #at: number;
  readonly #end: number;
  /** What the next time is told from. */
  lastTime: number;
  #before = '';
  #hashes: (readonly [hi: number, lo: number])[] | undefined;
  #orders: EventOrder[] | undefined;

  /** Reads the part of `bytes` from `start` to `end`, whose times are told from `time`. */
  constructor(bytes: Buffer, start = 0, end = bytes.length, time = 0) {
    this.#buffer = bytes;
    this.#at = start;
    this.#end = end;
    this.lastTime = time;
  }

  /** Where in the bytes the next part begins. */
  get at(): number {
    return this.#at;
  }

  /** Checks that exactly everything was read. */
  finish(): void {
    if (this.#at !== this.#end) throw corrupt(`its parts end at byte ${this.#at} instead of ${this.#end}`);
  }

  /** Checks that parts which together end at `end` are all that is left. */
  expectEnd(end: number): void {
    if (end !== this.#end) throw corrupt(`it has ${this.#end} bytes, but its parts take ${end}`);
  }

  unsigned(): number {
    let byte = this.#byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 0x80;
    do {
      byte = this.#byte();
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
    } while (byte >= 0x80);
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt('a number is too large');
    return value;
  }

  signed(): Micro {
    const start = this.#at;
    let byte = this.#byte();
    const negative = (byte & 0x40) !== 0;
    let size = byte & 0x3f;
    for (let factor = 0x40; byte >= 0x80; factor *= 0x80) {
      byte = this.#byte();
      size += (byte & 0x7f) * factor;
    }
    if (size > Number.MAX_SAFE_INTEGER) return this.#big(start, negative);
    return negative ? -size : size;
  }

  /** A signed number that is never beyond ±2^53. */
  integer(): number {
    return Number(this.signed());
  }

  double(): number {
    return this.#slice(8).readDoubleLE(0);
  }

  word(): number {
    const at = this.#at;
    const buffer = this.#buffer;
    this.#at += 4;
    if (this.#at > this.#end) throw corrupt('it ends too early');
    return (buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)) >>> 0;
  }

  hash(): readonly [hi: number, lo: number] {
    const place = this.unsigned();
    if (place > 0) return this.#hashes?.[place - 1] ?? this.missing();
    const hi = this.word();
    const hash = [hi, this.word()] as const;
    (this.#hashes ??= []).push(hash);
    return hash;
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#slice(length));
  }

  time(): number {
    this.lastTime += this.integer();
    return this.lastTime;
  }

  plain(): string {
    return this.#fresh(this.unsigned());
  }

  textBeside(neighbour: string): string {
    const before = this.#before;
    this.#before = neighbour;
    const value = this.#fresh(this.unsigned());
    this.#before = before;
    return value;
  }

  order(): EventOrder {
    const place = this.unsigned();
    if (place > 0) return this.#orders?.[place - 1] ?? this.missing();
    const time = this.time();
    const order = orderOf(time, this.plain());
    (this.#orders ??= []).push(order);
    return order;
  }

  #fresh(head: number): string {
    const rest = Math.floor(head / 4);
    const tag = head % 4;
    if (tag === textTag.decimal) return String(rest);
    if (tag === textTag.utf8) this.#before = this.#utf8(rest);
    else if (tag !== textTag.alike) throw corrupt('a string has an unknown form');
    else if (rest === 0) return uuidText(this.#slice(16));
    else this.#before = this.#before.slice(0, this.#byte()) + this.#utf8(rest - 1);
    return this.#before;
  }

  #utf8(length: number): string {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw corrupt('it ends too early');
    return this.#buffer.toString('utf8', start, this.#at);
  }

  /** The signed number that begins at `start`, once more with more bits than a double has. */
  #big(start: number, negative: boolean): Micro {
    this.#at = start;
    let byte = this.#byte();
    let size = BigInt(byte & 0x3f);
    for (let shift = 6n; byte >= 0x80; shift += 7n) {
      byte = this.#byte();
      size |= BigInt(byte & 0x7f) << shift;
    }
    return settle(negative ? -size : size);
  }

  #slice(length: number): Buffer {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw corrupt('it ends too early');
    return this.#buffer.subarray(start, this.#at);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw corrupt('it ends too early');
    return this.#buffer[this.#at++]!;
  }

  /** For a place that nothing was read for. */
  missing(): never {
    throw corrupt('a string is missing from its table');
  }
}
