/** The state of a sequence: its entries, and the bytes of those that nothing changed since they were last written. */
import type { StateWriter } from '../state-writer.ts';
import { compareEntries, encodeEntry, oldestTouched, type NamedTypes, type SequenceEntry } from './sequence-entry.ts';

const noBytes = new Uint8Array(0);

/**
 * Bytes go from the newest entry to the oldest and depend on newer entries alone. So the oldest can be cut off, and a
 * new newest mostly touches only the entry before it: writing copies the rest.
 */
export class Sequence {
  /** Oldest first. */
  readonly entries: SequenceEntry[];
  /** Of so many entries, from the oldest, the bytes are known: they end at `#end` of `#bytes`. */
  #known = 0;
  #bytes = noBytes;
  #end = 0;
  /** By place: how many bytes a known entry takes. */
  readonly #sizes: number[] = [];

  constructor(entries: SequenceEntry[] = []) {
    this.entries = entries;
  }

  /** Keeps the newest `length`. */
  insert(entry: SequenceEntry, length: number): void {
    const { entries } = this;
    let place = entries.length;
    while (place > 0 && compareEntries(entries[place - 1]!, entry) > 0) place--;
    const full = entries.length >= length;
    if (full && place === 0) return;
    this.#known = place < entries.length ? 0 : Math.min(this.#known, oldestTouched(entries, entry.itemId));
    if (full) this.#dropOldest();
    entries.splice(full ? place - 1 : place, 0, entry);
  }

  encode(writer: StateWriter, types: NamedTypes): void {
    const { entries } = this;
    writer.unsigned(entries.length);
    if (entries.length === 0) return;
    writer.time(entries.at(-1)!.time);
    const start = writer.size;
    for (let place = entries.length - 1; place >= this.#known; place--) {
      const before = writer.size;
      encodeEntry(writer, entries, place, types);
      this.#sizes[place] = writer.size - before;
    }
    this.#writeKnown(writer);
    this.#bytes = writer.copySince(start, this.#bytes);
    this.#end = writer.size - start;
    this.#known = entries.length;
  }

  #dropOldest(): void {
    this.entries.shift();
    const size = this.#sizes.shift();
    if (this.#known === 0) return;
    this.#known--;
    this.#end -= size!;
  }

  #writeKnown(writer: StateWriter): void {
    let size = 0;
    for (let place = 0; place < this.#known; place++) size += this.#sizes[place]!;
    if (size > 0) writer.bytes(this.#bytes.subarray(this.#end - size, this.#end));
  }
}
