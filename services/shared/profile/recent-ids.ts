/**
 * Which event ids a profile has seen lately, so that a repeated event is not counted twice. Pure.
 * What is remembered is a function of the ids added and their order alone, however often it was stored and read again:
 * the ids whose `ingestedAt` is within the window before the newest one, and of those the newest 4,096.
 */
import { LikenessError } from '../errors.ts';
import { IdIndex } from './id-index.ts';

export const maxRecentIds = 4096;
/** 8 bytes of the id's hash, 6 of `ingestedAt` (milliseconds since 1970), big-endian. */
export const entryBytes = 14;
/** `ingestedAt` must lie in [0, maxIngestedAt]. */
export const maxIngestedAt = 2 ** 48 - 1;

/** `beyond`: older than the window before the newest, so that nobody can tell any more whether it is a repetition. */
export type Recency = 'new' | 'duplicate' | 'beyond';
export type IdWrite = { readonly append: Buffer } | { readonly replace: Buffer };

/** Below so many ids a look through all of them is quicker than an index. */
const indexFrom = 32;
/** Numbers of one entry: high and low half of the hash (unsigned 32 bits), ingestedAt. */
const stride = 3;

export class RecentIds {
  readonly #windowMs: number;
  /** Ascending by ingestedAt, equal ones as they came, from `#head` on; what lies before is forgotten. */
  #entries: number[] = [];
  #head = 0;
  #index: IdIndex | undefined;
  /** Added since the last `takeWrite`. */
  #fresh: number[] = [];
  /** Entries that the store holds, forgotten ones included. */
  #stored = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Throws LikenessError `BadData` if the bytes are no whole number of entries. */
  static decode(bytes: Uint8Array, windowMs: number): RecentIds {
    if (bytes.length % entryBytes !== 0)
      throw new LikenessError('BadData', `Recent ids of ${bytes.length} bytes are no entries of ${entryBytes}.`);
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ids = new RecentIds(windowMs);
    for (let at = 0; at < view.length; at += entryBytes)
      ids.#insert(view.readUInt32BE(at), view.readUInt32BE(at + 4), view.readUIntBE(at + 8, 6));
    ids.#forget();
    ids.#stored = view.length / entryBytes;
    return ids;
  }

  get size(): number {
    return this.#entries.length / stride - this.#head;
  }

  /** Newest `ingestedAt` remembered; undefined if there is none. */
  get newest(): number | undefined {
    return this.#entries.at(-1);
  }

  check([hi, lo]: readonly [hi: number, lo: number], ingestedAt: number): Recency {
    const newest = this.newest;
    if (newest === undefined) return 'new';
    if (ingestedAt < newest - this.#windowMs) return 'beyond';
    const known = this.#find(hi, lo);
    return known !== undefined && known >= ingestedAt - this.#windowMs ? 'duplicate' : 'new';
  }

  /** For an id that `check` called new. True if the bound of 4,096 made it forget one within the window. */
  add([hi, lo]: readonly [hi: number, lo: number], ingestedAt: number): boolean {
    this.#insert(hi, lo, ingestedAt);
    this.#fresh.push(hi, lo, ingestedAt);
    return this.#forget();
  }

  /**
   * What to write so that the store holds what is remembered; undefined if nothing was added. Appends the new ids, but
   * replaces all once a third of the stored would be forgotten ones: so each id is written at most about three times.
   * Counts the write as done: after one that fails, or whose outcome is unknown, decode what the store holds.
   */
  takeWrite(): IdWrite | undefined {
    const added = this.#fresh.length / stride;
    if (added === 0) return undefined;
    const replaces = this.#stored + added > this.size + Math.max(8, this.size >> 1);
    const write = replaces
      ? { replace: encode(this.#entries, this.#head * stride) }
      : { append: encode(this.#fresh, 0) };
    this.#stored = replaces ? this.size : this.#stored + added;
    this.#fresh = [];
    return write;
  }

  /** Entries come almost in order: the place is looked for from the end. */
  #insert(hi: number, lo: number, ingestedAt: number): void {
    const entries = this.#entries;
    this.#index?.set(hi, lo, ingestedAt);
    let place = entries.length;
    while (place > this.#head * stride && ingestedAt < entries[place - 1]!) place -= stride;
    if (place === entries.length) entries.push(hi, lo, ingestedAt);
    else entries.splice(place, 0, hi, lo, ingestedAt);
  }

  /** Moves the head past what the bounds exclude. True if the count did. */
  #forget(): boolean {
    const entries = this.#entries;
    const oldest = (this.newest ?? 0) - this.#windowMs;
    while (this.size > 0 && entries[this.#head * stride + 2]! < oldest) this.#forgetFirst();
    const overflow = this.size > maxRecentIds;
    while (this.size > maxRecentIds) this.#forgetFirst();
    if (this.#head > indexFrom && this.#head > this.size) {
      this.#entries = entries.slice(this.#head * stride);
      this.#head = 0;
      this.#index = undefined; // Its slots hold what was forgotten; the next look builds a new one.
    }
    return overflow;
  }

  #forgetFirst(): void {
    const at = this.#head++ * stride;
    this.#index?.forget(this.#entries[at]!, this.#entries[at + 1]!, this.#entries[at + 2]!);
  }

  /** Newest `ingestedAt` of the id; undefined if it is not remembered. */
  #find(hi: number, lo: number): number | undefined {
    if (this.size < indexFrom) return this.#look(hi, lo);
    this.#index ??= this.#buildIndex();
    return this.#index.get(hi, lo);
  }

  #look(hi: number, lo: number): number | undefined {
    const entries = this.#entries;
    for (let at = entries.length - stride; at >= this.#head * stride; at -= stride)
      if (entries[at] === hi && entries[at + 1] === lo) return entries[at + 2];
    return undefined;
  }

  #buildIndex(): IdIndex {
    const index = new IdIndex(this.size);
    for (let at = this.#head * stride; at < this.#entries.length; at += stride)
      index.set(this.#entries[at]!, this.#entries[at + 1]!, this.#entries[at + 2]!);
    return index;
  }
}

function encode(entries: readonly number[], from: number): Buffer {
  const bytes = Buffer.allocUnsafe(((entries.length - from) / stride) * entryBytes);
  for (let at = from, to = 0; at < entries.length; at += stride, to += entryBytes) {
    const ingestedAt = entries[at + 2]!;
    const high = Math.floor(ingestedAt / 2 ** 32);
    bytes[to + 8] = high >>> 8;
    bytes[to + 9] = high;
    putWord(bytes, to, entries[at]!);
    putWord(bytes, to + 4, entries[at + 1]!);
    putWord(bytes, to + 10, ingestedAt % 2 ** 32);
  }
  return bytes;
}

function putWord(bytes: Buffer, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
