/** Growing typed arrays and a set of 64-bit hashes: what millions of events cost is bytes, not objects. */

type Numbers = Uint8Array | Uint32Array | Float64Array;

/** The same values in an array of at least so many, half as many again as it was. */
export function grown<T extends Numbers>(values: T, length: number): T {
  if (values.length >= length) return values;
  const larger = new (values.constructor as new (size: number) => T)(Math.max(length, Math.ceil(values.length * 1.5)));
  larger.set(values);
  return larger;
}

/** A typed array that grows by doubling. */
export class Column<T extends Numbers> {
  #values: T;
  #length = 0;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#values = make(1024);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = this.#make(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** A view of what was pushed so far; a later push may leave it behind. */
  view(): T {
    return this.#values.subarray(0, this.#length) as T;
  }
}

/** Distinct 64-bit values, given as two unsigned halves, in an open-addressing table of 8 bytes a slot. */
export class HashSet {
  #high = new Uint32Array(1 << 12);
  #low = new Uint32Array(1 << 12);
  #size = 0;

  /** False if it was there already. (0, 0) marks a free slot and is taken for (0, 1). */
  add(high: number, low: number): boolean {
    if (this.#size * 2 >= this.#low.length) this.#grow();
    const last = high === 0 && low === 0 ? 1 : low;
    const slot = this.#slotOf(high, last);
    if (this.#high[slot] !== 0 || this.#low[slot] !== 0) return false;
    this.#high[slot] = high;
    this.#low[slot] = last;
    this.#size++;
    return true;
  }

  /** Where the value is or would be. The values are hashes: their low bits are as good as any. */
  #slotOf(high: number, low: number): number {
    const mask = this.#low.length - 1;
    let slot = low & mask;
    while ((this.#high[slot] !== 0 || this.#low[slot] !== 0) && (this.#high[slot] !== high || this.#low[slot] !== low))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(low.length * 2);
    for (let at = 0; at < low.length; at++) {
      if (high[at] === 0 && low[at] === 0) continue;
      const slot = this.#slotOf(high[at]!, low[at]!);
      this.#high[slot] = high[at]!;
      this.#low[slot] = low[at]!;
    }
  }
}

/** Names numbered in the order of their first mention. */
export class Numbering {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
