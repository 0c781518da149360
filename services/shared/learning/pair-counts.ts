/** Counters of item pairs: an open-addressing table over typed arrays, because millions of Map entries cost gigabytes. */
import type { Coordinates } from './item-matrix.ts';

const empty = -1;

export class PairCounts {
  readonly size: number;
  #keys: Float64Array;
  #values: Float64Array;
  #used = 0;

  /** Pairs of items below `size`; the key is row · size + column, below 2^53. */
  constructor(size: number, capacity = 1 << 16) {
    this.size = size;
    this.#keys = new Float64Array(capacity).fill(empty);
    this.#values = new Float64Array(capacity);
  }

  get pairs(): number {
    return this.#used;
  }

  add(row: number, column: number, amount: number): void {
    if (this.#used * 2 >= this.#keys.length) this.#grow();
    this.#addKey(row * this.size + column, amount);
  }

  get(row: number, column: number): number {
    const slot = this.#slotOf(row * this.size + column);
    return this.#keys[slot] === empty ? 0 : this.#values[slot]!;
  }

  /** Counters are sums: those of two shards add up to those of the whole. */
  addAll({ rows, columns, values }: Coordinates): void {
    for (let at = 0; at < values.length; at++) this.add(rows[at]!, columns[at]!, values[at]!);
  }

  coordinates(): Coordinates {
    const rows = new Uint32Array(this.#used);
    const columns = new Uint32Array(this.#used);
    const values = new Float64Array(this.#used);
    let at = 0;
    for (let slot = 0; slot < this.#keys.length; slot++) {
      const key = this.#keys[slot]!;
      if (key === empty) continue;
      const row = Math.floor(key / this.size);
      rows[at] = row;
      columns[at] = key - row * this.size;
      values[at++] = this.#values[slot]!;
    }
    return { rows, columns, values };
  }

  #addKey(key: number, amount: number): void {
    const slot = this.#slotOf(key);
    if (this.#keys[slot] === empty) {
      this.#keys[slot] = key;
      this.#used++;
    }
    this.#values[slot] = this.#values[slot]! + amount;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    const hash = Math.imul((key % 0x1_0000_0000) ^ Math.floor(key / 0x1_0000_0000), 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#keys[slot] !== empty && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(keys.length * 2).fill(empty);
    this.#values = new Float64Array(keys.length * 2);
    this.#used = 0;
    for (let slot = 0; slot < keys.length; slot++) if (keys[slot] !== empty) this.#addKey(keys[slot]!, values[slot]!);
  }
}
