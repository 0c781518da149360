/** The profiles of one partition that were used last, bounded by number and by bytes. Pure. */
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

export class ProfileCache {
  readonly #limits: CacheLimits;
  /** A Map keeps the order of insertion: the first is the one that was not used for longest. */
  readonly #entries = new Map<string, { readonly profile: LiveProfile; readonly size: number }>();
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

  /** Makes the profile the one used last, at its present size. */
  put(profileId: string, profile: LiveProfile): void {
    const known = this.#entries.get(profileId);
    if (known !== undefined) {
      this.#bytes -= known.size;
      this.#entries.delete(profileId);
    }
    const size = sizeOf(profile);
    this.#entries.set(profileId, { profile, size });
    this.#bytes += size;
    this.#shrink();
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #shrink(): void {
    for (const [profileId, { size }] of this.#entries) {
      if (this.#entries.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) return;
      this.#entries.delete(profileId);
      this.#bytes -= size;
    }
  }
}
