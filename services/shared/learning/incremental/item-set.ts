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
        this.#replace(start, this.#at, [item - last - 1, next - item - 1]);
        return true;
      }
      last = next;
    }
    this.#replace(this.#length, this.#length, [item - last - 1]);
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
    out.put(this.#length);
    out.bytes.set(this.#bytes.subarray(0, this.#length), out.at);
    out.at += this.#length;
  }

  readFrom(source: Bytes): void {
    const length = source.take();
    this.#reach(length);
    this.#bytes.set(source.bytes.subarray(source.at, source.at + length));
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

  /** Gaps in place of the bytes of one. */
  #replace(from: number, to: number, gaps: readonly number[]): void {
    const bytes = gaps.flatMap(bytesOf);
    const end = this.#length + bytes.length - (to - from);
    this.#reach(end);
    this.#bytes.copyWithin(from + bytes.length, to, this.#length);
    this.#bytes.set(bytes, from);
    this.#length = end;
  }

  #reach(length: number): void {
    if (this.#bytes.length >= length) return;
    const larger = new Uint8Array(length * 2);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function bytesOf(gap: number): number[] {
  const bytes: number[] = [];
  let rest = gap;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}
