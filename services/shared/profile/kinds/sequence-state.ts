/** The state of a sequence: its entries, and where the bytes lie of those that nothing changed since they were written. */
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';
import type { NamedTypes } from './named-types.ts';
import { compareEntries, decodeEntries, encodeEntry, type SequenceEntry } from './sequence-entry.ts';

const noBytes: Buffer = Buffer.alloc(0);
/** In place of where an entry's bytes begin. */
const changed = -1;

/**
 * Bytes go from the newest entry to the oldest, and those of an entry depend on it and the next newer one alone. So a
 * new entry, wherever it comes in, changes the bytes of one other: writing copies the rest.
 */
export class Sequence {
  /** Oldest first. */
  readonly entries: SequenceEntry[];
  /** By place: where in `#bytes` the entry's bytes begin, or `changed`. */
  readonly #starts: number[];
  /** By place: how many they are. */
  #sizes: number[];
  #bytes: Buffer = noBytes;
  /** Of what stands before the entries' bytes. */
  #headSize = 0;

  constructor(entries: SequenceEntry[] = []) {
    this.entries = entries;
    this.#starts = entries.map(() => changed);
    this.#sizes = entries.map(() => 0);
  }

  /** Keeps the newest `length`. */
  insert(entry: SequenceEntry, length: number): void {
    const { entries } = this;
    let place = entries.length;
    while (place > 0 && compareEntries(entries[place - 1]!, entry) > 0) place--;
    if (entries.length >= length) {
      if (place === 0) return;
      this.#dropOldest();
      place--;
    }
    if (place > 0) this.#starts[place - 1] = changed;
    this.#insertAt(place, entry);
  }

  #insertAt(place: number, entry: SequenceEntry): void {
    if (place === this.entries.length) {
      this.entries.push(entry);
      this.#starts.push(changed);
      this.#sizes.push(0);
      return;
    }
    this.entries.splice(place, 0, entry);
    this.#starts.splice(place, 0, changed);
    this.#sizes.splice(place, 0, 0);
  }

  encode(writer: StateWriter, types: NamedTypes): void {
    const { entries } = this;
    const begin = writer.size;
    writer.unsigned(entries.length);
    if (entries.length > 0) writer.time(entries.at(-1)!.time);
    this.#headSize = writer.size - begin;
    for (let place = entries.length - 1; place >= 0;) {
      if (this.#starts[place] === changed) {
        const start = writer.size;
        encodeEntry(writer, entries, place, types);
        this.#sizes[place--] = writer.size - start;
      } else place = this.#copyRun(writer, place);
    }
  }

  static decode(reader: StateReader, types: NamedTypes): Sequence {
    const begin = reader.at;
    const length = reader.unsigned();
    if (length === 0) return new Sequence();
    const newest = reader.time();
    const headSize = reader.at - begin;
    const { entries, sizes } = decodeEntries(reader, length, newest, types);
    const sequence = new Sequence(entries);
    sequence.#headSize = headSize;
    sequence.#sizes = sizes;
    return sequence;
  }

  /** What was written or read last begins at `start` of `bytes`. */
  kept(bytes: Buffer, start: number): void {
    this.#bytes = bytes;
    let at = start + this.#headSize;
    for (let place = this.entries.length - 1; place >= 0; place--) {
      this.#starts[place] = at;
      at += this.#sizes[place]!;
    }
  }

  #dropOldest(): void {
    this.entries.shift();
    this.#starts.shift();
    this.#sizes.shift();
  }

  /** Copies the entry at `place` and the older ones whose bytes lie right behind it; gives the place before them. */
  #copyRun(writer: StateWriter, place: number): number {
    const from = this.#starts[place]!;
    let end = from;
    while (place >= 0 && this.#starts[place] === end) end += this.#sizes[place--]!;
    writer.copy(this.#bytes, from, end);
    return place;
  }
}
