/**
 * The states of one partition under the wanted features, in the idle slot. Until they are complete they hold what the
 * history says of the changed features, and take the rest over from the live states; their watermark says so, so that
 * nobody can mistake them for complete ones. Then they go on by themselves, as live states do.
 */
import type { BrokerRecord } from '../../shared/broker.ts';
import type { CleanLine } from '../../shared/clean-line.ts';
import { LikenessError } from '../../shared/errors.ts';
import { decodeProfile, encodeProfile } from '../../shared/profile/codec.ts';
import { emptyProfile } from '../../shared/profile/profile.ts';
import { RecentIds } from '../../shared/profile/recent-ids.ts';
import type {
  Advance,
  PartitionTag,
  ProfileStore,
  ProfileWrite,
  StoredProfile,
  Watermark,
} from '../../shared/profile-store.ts';
import { backfillMark } from '../../shared/backfill.ts';
import { applyChunk, type Applied, type LiveProfile } from '../apply.ts';
import { cutChunks, type Chunk } from '../chunks.ts';
import { carry, type Carrying } from './carrying.ts';

export interface ShadowOptions {
  readonly store: ProfileStore;
  readonly carrying: Carrying;
  /** Of the live states, and of these. */
  readonly liveTag: PartitionTag;
  readonly tag: PartitionTag;
  /** Whether these are still not the ones that serve: of those nothing is cleared. */
  readonly isIdle: () => Promise<boolean>;
  readonly dedupeWindowMs: number;
  readonly onApplied?: (applied: Applied) => void;
}

interface Known {
  readonly watermark: Watermark | undefined;
  /** The first offset that the states do not contain. */
  readonly next: number;
}

export class Shadow {
  readonly #options: ShadowOptions;
  #known: Known = { watermark: undefined, next: 0 };
  #isComplete = false;

  private constructor(options: ShadowOptions) {
    this.#options = options;
  }

  /**
   * Goes on where another one has stopped, or begins: at the start of the log, if there is anything to compute. `live` is
   * the watermark of the live states. Those that are found may be further than it: a partition that has just come here is
   * followed from where its live states are, which then come as far.
   */
  static async open(options: ShadowOptions, live: Watermark | undefined): Promise<Shadow> {
    const shadow = new Shadow(options);
    const { store, tag } = options;
    const { watermark } = await store.read(tag, []);
    if (watermark !== undefined && shadow.#isOwn(watermark)) {
      shadow.#known = { watermark, next: watermark.offset + 1 };
      shadow.#isComplete = watermark.definition === options.carrying.wanted.hash;
      return shadow;
    }
    if (watermark !== undefined || (await store.hasProfiles(tag))) await clearIdle(options);
    await shadow.#begin(live);
    return shadow;
  }

  get watermark(): Watermark | undefined {
    return this.#known.watermark;
  }

  get next(): number {
    return this.#known.next;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** `records` follow those before without a gap. With `isBeside`, the live states contain them, and nothing further. */
  async apply(records: readonly BrokerRecord[], isBeside = false): Promise<void> {
    const fresh = records.filter(({ offset }) => offset >= this.next);
    for (const chunk of cutChunks(fresh)) {
      const { applied, profiles } = await this.#compute(chunk);
      const writes = isBeside && !this.#isComplete ? await this.#besideLive(applied, profiles) : applied.writes;
      await this.#commit(this.#marked(chunk), writes);
      this.#options.onApplied?.(applied);
    }
  }

  /** There is no record between the last one applied and this offset. */
  reach(offset: number): void {
    this.#known = { ...this.#known, next: Math.max(this.next, offset) };
  }

  /** Takes over from the live states, whose watermark is `live`, where these are as far. At most 500 profiles. */
  async takeOver(profileIds: readonly string[], live: Watermark): Promise<void> {
    const profiles = await this.#load(profileIds);
    const writes: ProfileWrite[] = [];
    for (const [profileId, stored] of await this.#live(profileIds)) {
      const profile = profiles.get(profileId)!;
      writes.push({ ...this.#carried(profileId, stored, profile), ids: { replace: stored.ids } });
    }
    await this.#commit(this.#marked(live), writes);
  }

  /** Everything has been taken over from the live states, whose watermark is `live`. */
  async complete(live: Watermark | undefined): Promise<void> {
    this.#isComplete = true;
    if (live !== undefined) await this.#commit(this.#marked(live), []);
  }

  async #begin(live: Watermark | undefined): Promise<void> {
    // Before the live states have anything, there is nothing to take over.
    this.#isComplete = live === undefined;
    if (live !== undefined && this.#options.carrying.changed.length === 0) await this.#commit(this.#marked(live), []);
  }

  #isOwn({ definition }: Watermark): boolean {
    const { hash } = this.#options.carrying.wanted;
    return definition === hash || definition === backfillMark(hash);
  }

  #marked({ offset, timestamp }: Pick<Watermark, 'offset' | 'timestamp'>): Watermark {
    const { hash } = this.#options.carrying.wanted;
    return { offset, timestamp, definition: this.#isComplete ? hash : backfillMark(hash) };
  }

  async #compute(chunk: Chunk): Promise<{ applied: Applied; profiles: Map<string, LiveProfile> }> {
    const { wanted, anew } = this.#options.carrying;
    const poison = new Map<CleanLine, string>();
    for (;;) {
      const profiles = await this.#load([...chunk.profileIds]);
      const applied = applyChunk(this.#isComplete ? wanted : anew, chunk, profiles, { poison });
      if (!('spoiled' in applied)) return { applied, profiles };
      for (const [line, error] of applied.spoiled) poison.set(line, error);
    }
  }

  /** The live states may have changed where these have not: what one of the two refuses, the other may count. */
  async #besideLive(applied: Applied, profiles: ReadonlyMap<string, LiveProfile>): Promise<ProfileWrite[]> {
    const writes = new Map(applied.writes.map((write) => [write.profileId, write]));
    for (const [profileId, stored] of await this.#live([...profiles.keys()]))
      writes.set(profileId, {
        ...writes.get(profileId),
        ...this.#carried(profileId, stored, profiles.get(profileId)!),
      });
    return [...writes.values()];
  }

  #carried(profileId: string, stored: StoredProfile, profile: LiveProfile): { profileId: string; state: Uint8Array } {
    const { carrying } = this.#options;
    carry(carrying, decodeProfile(carrying.live, stored.state), profile.state);
    return { profileId, state: encodeProfile(carrying.wanted, profile.state) };
  }

  async #live(profileIds: readonly string[]): Promise<Map<string, StoredProfile>> {
    const { profiles } = await this.#options.store.read(this.#options.liveTag, profileIds);
    const live = new Map<string, StoredProfile>();
    profileIds.forEach((profileId, at) => {
      const stored = profiles[at];
      if (stored !== undefined) live.set(profileId, stored);
    });
    return live;
  }

  async #load(profileIds: readonly string[]): Promise<Map<string, LiveProfile>> {
    const { store, tag } = this.#options;
    const { profiles } = await store.read(tag, profileIds);
    return new Map(profileIds.map((profileId, at) => [profileId, this.#decode(profiles[at])]));
  }

  #decode(stored: StoredProfile | undefined): LiveProfile {
    const { dedupeWindowMs, carrying } = this.#options;
    if (stored === undefined)
      return { state: emptyProfile(carrying.wanted), ids: new RecentIds(dedupeWindowMs), bytes: 0 };
    const ids = RecentIds.decode(stored.ids, dedupeWindowMs);
    return { state: decodeProfile(carrying.wanted, stored.state), ids, bytes: stored.state.length };
  }

  /** Compares with the watermark known, so that of two that work on the same states one alone goes on. */
  async #commit(next: Advance, writes: readonly ProfileWrite[]): Promise<void> {
    const { store, tag } = this.#options;
    const outcome = await store.commit(tag, this.#known.watermark, next, writes);
    if (outcome === 'conflict')
      throw new LikenessError('StoreUnavailable', 'Another instance computes the same features.', { retryable: true });
    this.#known = { watermark: next, next: Math.max(this.next, next.offset + 1) };
  }
}

/** Rejects where others have taken over, of which this instance has not heard yet. */
export async function clearIdle({
  store,
  tag,
  isIdle,
}: Pick<ShadowOptions, 'store' | 'tag' | 'isIdle'>): Promise<void> {
  if (await isIdle()) return store.clear(tag);
  throw new LikenessError('StoreUnavailable', 'Other features serve by now, which is heard of soon.', {
    retryable: true,
  });
}
