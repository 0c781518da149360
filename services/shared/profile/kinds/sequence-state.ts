/** The state of a sequence: its entries, and the bytes of those that nothing changed since they were last written. */
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import type { NamedTypes } from './named-types.ts';
import { compareEntries, decodeEntries, encodeEntry, oldestTouched, type SequenceEntry } from './sequence-entry.ts';

const noBytes: Buffer = Buffer.alloc(0);

/**
 * Bytes go from the newest entry to the oldest and depend on newer entries alone. So the oldest can be cut off, and a
 * new newest mostly touches only the entry before it: writing copies the rest.
 */
export class Sequence {
  /** Oldest first. */
  readonly entries: SequenceEntry[];
  /** Of so many entries, from the oldest, the bytes are known: they end at `#end` of `#bytes`. */
  #known = 0;
  #bytes: Buffer = noBytes;
  #end = 0;
  /** By place: how many bytes an entry took that was written or read. */
  #sizes: number[] = [];
  /** Of all that was written or read last. */
  #size = 0;

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
    if (full) {
      this.#dropOldest();
      place--;
    }
    if (place === entries.length) entries.push(entry);
    else entries.splice(place, 0, entry);
  }

  encode(writer: StateWriter, types: NamedTypes): void {
    const { entries } = this;
    const start = writer.size;
    writer.unsigned(entries.length);
    if (entries.length > 0) writer.time(entries.at(-1)!.time);
    for (let place = entries.length - 1; place >= this.#known; place--) {
      const before = writer.size;
      encodeEntry(writer, entries, place, types);
      this.#sizes[place] = writer.size - before;
    }
    this.#writeKnown(writer);
    this.#size = writer.size - start;
    this.#known = 0; // Until `kept` says where what was written lies.
  }

  static decode(reader: StateReader, types: NamedTypes): Sequence {
    const start = reader.at;
    const length = reader.unsigned();
    if (length === 0) return new Sequence();
    const { entries, sizes } = decodeEntries(reader, length, reader.time(), types);
    const sequence = new Sequence(entries);
    sequence.#sizes = sizes;
    sequence.#size = reader.at - start;
    return sequence;
  }

  /** What was written or read last begins at `start` of `bytes`. */
  kept(bytes: Buffer, start: number): void {
    this.#bytes = bytes;
    this.#end = start + this.#size;
    this.#known = this.entries.length;
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
    if (size > 0) writer.copy(this.#bytes, this.#end - size, this.#end);
  }
}
