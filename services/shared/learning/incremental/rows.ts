/** The rows of EASE's X: which items each person has in the history, in no order. The Gram matrix is XᵀX. */
import { Blocks, grown } from './blocks.ts';

export class Rows {
  readonly #blocks = new Blocks();
  #items = new Uint32Array(1024);
  #starts = new Uint32Array(256);
  #lengths = new Uint32Array(256);

  /** False if the item is in the person's row already. */
  add(person: number, item: number): boolean {
    this.#reach(person);
    if (this.of(person).includes(item)) return false;
    const length = this.#lengths[person]!;
    if (length === Blocks.sizeFor(length)) this.#move(person, length + 1);
    this.#items[this.#starts[person]! + length] = item;
    this.#lengths[person] = length + 1;
    return true;
  }

  /** A view, until something is added. */
  of(person: number): Uint32Array {
    const start = this.#starts[person] ?? 0;
    return this.#items.subarray(start, start + (this.#lengths[person] ?? 0));
  }

  /** `other`'s row goes into `person`'s, and is empty afterwards. */
  join(person: number, other: number): void {
    for (const item of this.of(other).slice()) this.add(person, item);
    if (other >= this.#lengths.length) return;
    this.#blocks.give(this.#starts[other]!, Blocks.sizeFor(this.#lengths[other]!));
    this.#lengths[other] = 0;
  }

  #reach(person: number): void {
    this.#starts = grown(this.#starts, person + 1);
    this.#lengths = grown(this.#lengths, person + 1);
  }

  #move(person: number, length: number): void {
    const held = this.of(person);
    const size = Blocks.sizeFor(length);
    const start = this.#blocks.take(size);
    this.#items = grown(this.#items, this.#blocks.end);
    this.#items.set(held, start);
    this.#blocks.give(this.#starts[person]!, Blocks.sizeFor(held.length));
    this.#starts[person] = start;
  }
}
