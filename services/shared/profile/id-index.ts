/** A hash table from 8-byte hashes to the newest time they were seen: one typed array, whose slots are never freed. */

/** Numbers of one slot: high and low half of the hash, time. */
const stride = 3;
/** In place of a time: nothing was ever here, or what was here is forgotten. */
const free = -1;
const forgotten = -2;

export class IdIndex {
  #slots: Float64Array;
  #mask: number;
  #used = 0;

  /** Grows beyond `expected` ids as needed. */
  constructor(expected: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(8, expected * 2)));
    this.#slots = new Float64Array(slots * stride).fill(free);
    this.#mask = slots - 1;
  }

  get(hi: number, lo: number): number | undefined {
    const time = this.#slots[this.#slotOf(hi, lo) + 2]!;
    return time < 0 ? undefined : time;
  }

  /** Keeps the greater of two times of an id. `time` is at least 0. */
  set(hi: number, lo: number, time: number): void {
    const slot = this.#slotOf(hi, lo);
    const known = this.#slots[slot + 2]!;
    if (known >= time) return;
    this.#slots[slot] = hi;
    this.#slots[slot + 1] = lo;
    this.#slots[slot + 2] = time;
    if (known === free && ++this.#used * 4 > (this.#mask + 1) * 3) this.#grow();
  }

  /** The id as seen at `time`; if it was seen later again, it stays. */
  forget(hi: number, lo: number, time: number): void {
    const at = this.#slotOf(hi, lo) + 2;
    if (this.#slots[at] === time) this.#slots[at] = forgotten;
  }

  /** Place of the id, or of the free slot where it belongs. The hash's own bits are random enough to be the place. */
  #slotOf(hi: number, lo: number): number {
    for (let place = lo & this.#mask; ; place = (place + 1) & this.#mask) {
      const slot = place * stride;
      if (this.#slots[slot + 2] === free) return slot;
      if (this.#slots[slot] === hi && this.#slots[slot + 1] === lo) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    const slots = (this.#mask + 1) * 2;
    this.#slots = new Float64Array(slots * stride).fill(free);
    this.#mask = slots - 1;
    this.#used = 0;
    for (let slot = 0; slot < old.length; slot += stride)
      if (old[slot + 2]! >= 0) this.set(old[slot]!, old[slot + 1]!, old[slot + 2]!);
  }
}
