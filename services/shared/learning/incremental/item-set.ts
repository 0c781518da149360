/** A set of whole numbers as bytes: what lies between each and the one before it, 7 bits a byte. About a byte an item. */
import type { Bytes } from './bytes.ts';

/** A number takes at most so many bytes. */
const longest = 4;

export class ItemSet {
  #bytes = new Uint8Array(64);
  #length = 0;
  /** Where the next gap is read. */
  #at = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** `writeTo` needs at most so many bytes. */
  get room(): number {
    return longest + this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** `item` below 2^28. False if it is there already. */
  add(item: number): boolean {
    let last = -1;
    for (this.#at = 0; this.#at < this.#length;) {
      const start = this.#at;
      const next = last + 1 + this.#gap();
      if (next === item) return false;
      if (next > item) {
        this.#split(start, item - last - 1, next - item - 1);
        return true;
      }
      last = next;
    }
    this.#reach(this.#length + longest);
    this.#length = this.#put(this.#length, item - last - 1);
    return true;
  }

  /** Ascending. */
  each(visit: (item: number) => void): void {
    let item = -1;
    for (this.#at = 0; this.#at < this.#length;) {
      item += 1 + this.#gap();
      visit(item);
    }
  }

  values(): number[] {
    const values: number[] = [];
    this.each((item) => values.push(item));
    return values;
  }

  writeTo(out: Bytes): void {
    const length = this.#length;
    out.put(length);
    // Mostly so short that a loop is quicker than a call.
    for (let at = 0; at < length; at++) out.bytes[out.at + at] = this.#bytes[at]!;
    out.at += length;
  }

  readFrom(source: Bytes): void {
    const length = source.take();
    this.#reach(length);
    for (let at = 0; at < length; at++) this.#bytes[at] = source.bytes[source.at + at]!;
    this.#length = length;
    source.at += length;
  }

  #gap(): number {
    let byte = this.#bytes[this.#at++]!;
    let gap = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = this.#bytes[this.#at++]!;
      gap |= (byte & 127) << shift;
    }
    return gap;
  }

  /** Two gaps in place of the one that lies between `from` and where it was read up to. */
  #split(from: number, before: number, after: number): void {
    const to = from + bytesFor(before) + bytesFor(after);
    this.#reach(this.#length + to - this.#at);
    this.#bytes.copyWithin(to, this.#at, this.#length);
    this.#length += to - this.#at;
    this.#put(this.#put(from, before), after);
  }

  /** Gives where the next one is put. */
  #put(at: number, gap: number): number {
    let [to, rest] = [at, gap];
    for (; rest > 127; rest >>>= 7) this.#bytes[to++] = rest | 128;
    this.#bytes[to++] = rest;
    return to;
  }

  #reach(length: number): void {
    if (this.#bytes.length >= length) return;
    const larger = new Uint8Array(length * 2);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function bytesFor(gap: number): number {
  let bytes = 1;
  for (let rest = gap; rest > 127; rest >>>= 7) bytes++;
  return bytes;
}
