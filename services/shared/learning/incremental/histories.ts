/** The histories of all persons, as bytes. One is open at a time: of a log in order the next event is often of the same. */
import { Bytes } from './bytes.ts';
import { Chunks, type StoredChunks } from './chunks.ts';
import { History } from './history.ts';

export class Histories {
  readonly #chunks = new Chunks();
  readonly #bytes = new Bytes();
  readonly #open: History;
  #person = -1;
  #isChanged = false;

  /** Steps that are kept of each person. */
  constructor(capacity: number) {
    this.#open = new History(capacity);
  }

  get capacity(): number {
    return this.#open.capacity;
  }

  /** Until another one is opened. What is changed in it stays, once `changed` is called. */
  of(person: number): History {
    if (person === this.#person) return this.#open;
    this.#close();
    this.#person = person;
    if (this.#chunks.lengthOf(person) === 0) this.#open.clear();
    else {
      this.#chunks.read(person, this.#bytes);
      this.#open.readFrom(this.#bytes, person);
    }
    return this.#open;
  }

  /** What is open now. */
  changed(): void {
    this.#isChanged = true;
  }

  has(person: number): boolean {
    return person === this.#person ? !this.#open.items.isEmpty : this.#chunks.lengthOf(person) > 0;
  }

  store(persons: number): StoredChunks {
    this.#close();
    return this.#chunks.store(persons);
  }

  restore(stored: StoredChunks): void {
    this.#chunks.restore(stored);
  }

  #close(): void {
    if (this.#isChanged) {
      if (this.#open.items.isEmpty) this.#bytes.at = 0;
      else this.#open.writeTo(this.#bytes, this.#person);
      this.#chunks.write(this.#person, this.#bytes);
    }
    this.#isChanged = false;
    this.#person = -1;
  }
}
