/**
 * A piece of bytes for each of many owners, in chunks of one size, each of which leads to the next: what grows takes one
 * chunk more, what shrinks gives one back. So nothing is copied when there is more, and no holes are left.
 */
import { grown } from '../columns.ts';
import type { Bytes } from './bytes.ts';

/** Words of a chunk; in the last of them is the number of the next chunk. */
const chunkWords = 32;
const payload = chunkWords - 1;
/** Chunks of a page: 1 MiB. */
const pageChunks = 2 ** 13;
const chunkOf = (at: number): number => (at % pageChunks) * chunkWords;
const chunksFor = (length: number): number => Math.ceil(length / (payload * 4));

export interface StoredChunks {
  /** By owner: its first chunk, and how many bytes it has. */
  readonly first: Uint32Array;
  readonly lengths: Uint32Array;
  readonly pages: readonly Uint32Array[];
  /** Chunks that were ever taken; the first of those given back, and how many they are. */
  readonly taken: number;
  readonly free: number;
  readonly freeCount: number;
}

export class Chunks {
  #pages: Uint32Array[] = [];
  #first = new Uint32Array(256);
  #lengths = new Uint32Array(256);
  #taken = 0;
  #free = 0;
  #freeCount = 0;

  /** 0: nothing was written. */
  lengthOf(owner: number): number {
    return this.#lengths[owner] ?? 0;
  }

  /** Puts the bytes of `owner` at the front of `into`. */
  read(owner: number, into: Bytes): void {
    const count = chunksFor(this.lengthOf(owner));
    into.reach(count * payload * 4);
    const { words } = into;
    let chunk = this.#first[owner] ?? 0;
    for (let to = 0; to < count * payload;) {
      const page = this.#pages[Math.floor(chunk / pageChunks)]!;
      const from = chunkOf(chunk);
      for (let word = 0; word < payload; word++) words[to++] = page[from + word]!;
      chunk = page[from + payload]!;
    }
  }

  /** In place of what `owner` has: `bytes` up to where it was written. */
  write(owner: number, bytes: Bytes): void {
    this.#first = grown(this.#first, owner + 1);
    this.#lengths = grown(this.#lengths, owner + 1);
    const had = chunksFor(this.#lengths[owner]!);
    const count = chunksFor(bytes.at);
    bytes.reach(count * payload * 4);
    this.#lengths[owner] = bytes.at;
    let chunk = this.#first[owner]!;
    let before = -1;
    for (let at = 0; at < count; at++) {
      if (at >= had) {
        chunk = this.#take();
        if (before < 0) this.#first[owner] = chunk;
        else this.#lead(before, chunk);
      }
      this.#fill(chunk, bytes.words, at * payload);
      before = chunk;
      chunk = this.#next(chunk);
    }
    for (let at = count; at < had; at++) {
      const next = this.#next(chunk);
      this.#give(chunk);
      chunk = next;
    }
  }

  store(owners: number): StoredChunks {
    const ends = this.#pages.length - 1;
    const pages = this.#pages.map((page, at) => (at < ends ? page : page.subarray(0, this.#lastWords())));
    return {
      first: ownersOf(this.#first, owners),
      lengths: ownersOf(this.#lengths, owners),
      pages,
      taken: this.#taken,
      free: this.#free,
      freeCount: this.#freeCount,
    };
  }

  restore({ first, lengths, pages, taken, free, freeCount }: StoredChunks): void {
    this.#first = first.slice();
    this.#lengths = lengths.slice();
    this.#pages = pages.map((stored) => {
      const page = newPage();
      page.set(stored);
      return page;
    });
    this.#taken = taken;
    this.#free = free;
    this.#freeCount = freeCount;
  }

  #lastWords(): number {
    return (this.#taken - (this.#pages.length - 1) * pageChunks) * chunkWords;
  }

  #fill(chunk: number, words: Uint32Array, from: number): void {
    const page = this.#pages[Math.floor(chunk / pageChunks)]!;
    const to = chunkOf(chunk);
    for (let word = 0; word < payload; word++) page[to + word] = words[from + word]!;
  }

  #next(chunk: number): number {
    return this.#pages[Math.floor(chunk / pageChunks)]![chunkOf(chunk) + payload]!;
  }

  #lead(chunk: number, next: number): void {
    this.#pages[Math.floor(chunk / pageChunks)]![chunkOf(chunk) + payload] = next;
  }

  #take(): number {
    if (this.#freeCount > 0) {
      const chunk = this.#free;
      this.#free = this.#next(chunk);
      this.#freeCount--;
      return chunk;
    }
    if (this.#taken % pageChunks === 0) this.#pages.push(newPage());
    return this.#taken++;
  }

  #give(chunk: number): void {
    this.#lead(chunk, this.#free);
    this.#free = chunk;
    this.#freeCount++;
  }
}

const newPage = (): Uint32Array => new Uint32Array(pageChunks * chunkWords);

function ownersOf(values: Uint32Array, owners: number): Uint32Array {
  return grown(values, owners).subarray(0, owners);
}
