/** The profiles of one partition that were used lately, bounded by number and by bytes. Pure. */
import type { LiveProfile } from './apply.ts';

export interface CacheLimits {
  readonly entries: number;
  /** Estimated bytes of memory. */
  readonly bytes: number;
}

/** What each of so many caches may hold, so that together they keep within the limits; at least one profile. */
export function shareOf({ entries, bytes }: CacheLimits, caches: number): CacheLimits {
  return { entries: Math.max(1, Math.floor(entries / caches)), bytes: Math.floor(bytes / caches) };
}

/** A state takes several times its encoded bytes once it is objects; an id takes 24 bytes and at most 48 more of index. */
const sizeOf = ({ bytes, ids }: LiveProfile): number => 600 + bytes * 6 + ids.size * 72;

interface Entry {
  profile: LiveProfile;
  size: number;
  /** Put again since its turn came last. */
  isUsed: boolean;
}

/**
 * Second chance: when room is needed, the oldest goes, unless it was used meanwhile: then it is the newest again. Taking
 * every profile out and in again at each use would make the Map move all of its entries every so often.
 */
export class ProfileCache {
  readonly #limits: CacheLimits;
  /** A Map keeps the order of insertion. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(profileId: string): LiveProfile | undefined {
    return this.#entries.get(profileId)?.profile;
  }

  /** Marks the profile as used, at its present size. */
  put(profileId: string, profile: LiveProfile): void {
    const size = sizeOf(profile);
    const known = this.#entries.get(profileId);
    if (known === undefined) {
      this.#entries.set(profileId, { profile, size, isUsed: false });
      this.#bytes += size;
    } else {
      this.#bytes += size - known.size;
      known.profile = profile;
      known.size = size;
      known.isUsed = true;
    }
    if (this.#isOver()) this.#shrink();
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #isOver(): boolean {
    return this.#entries.size > this.#limits.entries || this.#bytes > this.#limits.bytes;
  }

  /** A profile that gets its second chance comes again at the end of this very loop, and then has none left. */
  #shrink(): void {
    for (const [profileId, entry] of this.#entries) {
      if (!this.#isOver()) return;
      this.#entries.delete(profileId);
      if (entry.isUsed) {
        entry.isUsed = false;
        this.#entries.set(profileId, entry);
      } else this.#bytes -= entry.size;
    }
  }
}
