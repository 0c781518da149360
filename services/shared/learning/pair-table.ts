/** Counters of the pairs that occur: an open-addressing table over typed arrays, because millions of Map entries cost gigabytes. */

const empty = -1;
/** Of a key and its value. */
const slotBytes = 16;

/** Spreads numbers that differ in few bits over all bits (the finisher of MurmurHash3, Austin Appleby, public domain). */
export function pairHash(row: number, column: number): number {
  let hash = Math.imul(row, 0x9e3779b1) + column;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export class PairTable {
  readonly #size: number;
  readonly #keys: Float64Array;
  readonly #values: Float64Array;
  #used = 0;

  /** Of rows and columns below `size`: the key is row · size + column, below 2^53. `slots` is a power of two. */
  constructor(size: number, slots: number) {
    this.#size = size;
    this.#keys = new Float64Array(slots).fill(empty);
    this.#values = new Float64Array(slots);
  }

  /** Slots of a table that holds so many pairs with room to spare. */
  static slotsFor(pairs: number): number {
    return 2 ** Math.ceil(Math.log2(Math.max(2, 2 * pairs)));
  }

  static bytesOf(slots: number): number {
    return slots * slotBytes;
  }

  get slots(): number {
    return this.#keys.length;
  }

  /** Beyond half, searching takes long. */
  get isFull(): boolean {
    return this.#used * 2 >= this.#keys.length;
  }

  add(row: number, column: number, amount: number): void {
    const slot = this.#slotOf(row, column);
    if (this.#keys[slot] === empty) {
      this.#keys[slot] = row * this.#size + column;
      this.#used++;
    }
    this.#values[slot] = this.#values[slot]! + amount;
  }

  get(row: number, column: number): number {
    return this.#values[this.#slotOf(row, column)]!;
  }

  /** In no order. */
  each(visit: (row: number, column: number, value: number) => void): void {
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot]!;
      if (key === empty) continue;
      const row = Math.floor(key / this.#size);
      visit(row, key - row * this.#size, this.#values[slot]!);
    }
  }

  #slotOf(row: number, column: number): number {
    const key = row * this.#size + column;
    const mask = this.#keys.length - 1;
    let slot = pairHash(row, column) & mask;
    while (this.#keys[slot] !== empty && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }
}
