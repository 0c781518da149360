/** A command of Redis whose bytes are written at once: ioredis takes an argument apart, joins and copies it several times. */
import { Command } from 'ioredis';

/** Bytes of the head of an argument or of a command: a sign, a length, the end of the line. */
const headBytes = 16;

/** Writes RESP arrays of bulk strings into one buffer. */
export class CommandBytes {
  #buffer: Buffer;
  #at = 0;

  /** `size`: of the arguments, as far as it is known; it grows as needed. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** Begins a command of so many arguments, its name included. */
  begin(count: number): void {
    this.#reserve(headBytes);
    this.#head(0x2a, count);
  }

  /** Two strings as one argument; `prefix` is ASCII. */
  text(prefix: string, rest = ''): void {
    this.#reserve(2 * headBytes + prefix.length + rest.length * 3);
    this.#head(0x24, prefix.length + Buffer.byteLength(rest));
    this.#at += this.#buffer.write(prefix, this.#at, 'latin1');
    if (rest !== '') this.#at += this.#buffer.write(rest, this.#at);
    this.#endLine();
  }

  bytes(value: Uint8Array): void {
    this.#reserve(2 * headBytes + value.length);
    this.#head(0x24, value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
    this.#endLine();
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #head(sign: number, count: number): void {
    const buffer = this.#buffer;
    buffer[this.#at++] = sign;
    let digits = 1;
    for (let limit = 10; limit <= count; limit *= 10) digits++;
    this.#at += digits;
    for (let at = this.#at - 1, rest = count; digits > 0; digits--, at--) {
      buffer[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.#endLine();
  }

  #endLine(): void {
    this.#buffer[this.#at++] = 0x0d;
    this.#buffer[this.#at++] = 0x0a;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe((this.#at + size) * 2);
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** To ioredis a command without arguments: it is queued, timed, and answered as any other. */
export class RawCommand extends Command {
  readonly #bytes: Buffer;

  constructor(name: string, bytes: Buffer) {
    super(name, []);
    this.#bytes = bytes;
  }

  override toWritable(): Buffer {
    return this.#bytes;
  }
}
