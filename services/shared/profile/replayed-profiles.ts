/** Profiles as the feature service computes them, in memory, for a replay: the same events count, and the same repeats do not. */
import { readyEvent } from '../clean-line.ts';
import type { CleanEvent } from '../event.ts';
import type { CompiledFeatures } from './compile.ts';
import { isEventTime } from './order.ts';
import { emptyProfile, updateProfile, type ProfileState } from './profile.ts';
import { RecentIds } from './recent-ids.ts';
import { resolveHeld, type ResolvedProfile } from './resolve.ts';
import { openFor } from './segments.ts';

interface Replayed {
  readonly state: ProfileState;
  readonly ids: RecentIds;
}

/** Memory grows with the profiles: each has a state of bounded size and at most 4,096 ids. */
export class ReplayedProfiles {
  readonly #compiled: CompiledFeatures;
  readonly #dedupeWindowMs: number;
  readonly #profiles = new Map<string, Replayed>();

  constructor(compiled: CompiledFeatures, dedupeWindowMs: number) {
    this.#compiled = compiled;
    this.#dedupeWindowMs = dedupeWindowMs;
  }

  get size(): number {
    return this.#profiles.size;
  }

  /** Changed by the next event of this profile: whoever wants to keep it encodes it. */
  stateOf(id: string): ProfileState | undefined {
    return this.#profiles.get(id)?.state;
  }

  resolve(id: string): ResolvedProfile {
    return resolveHeld(this.#compiled, id, (member) => this.stateOf(member));
  }

  /** What would count now. False: the feature service refuses such an event, or has counted it already. */
  isNew(event: CleanEvent): boolean {
    return this.#check(event) !== undefined;
  }

  /** False as `isNew`. */
  apply(event: CleanEvent): boolean {
    const ready = this.#check(event);
    if (ready === undefined) return false;
    const { clean, hash, ingestedAt } = ready;
    const held = this.#profiles.get(clean.profile) ?? this.#create();
    openFor(this.#compiled, held.state, clean.type);
    updateProfile(this.#compiled, held.state, clean, hash);
    held.ids.add(hash, ingestedAt);
    this.#profiles.set(clean.profile, held);
    return true;
  }

  #check(event: CleanEvent) {
    const ready = readyEvent(event);
    // An unreadable time the feature service refuses as poison.
    if (typeof ready === 'string' || !isEventTime(Date.parse(event.time))) return undefined;
    const recency = this.#profiles.get(event.profile)?.ids.check(ready.hash, ready.ingestedAt) ?? 'new';
    return recency === 'new' ? ready : undefined;
  }

  #create(): Replayed {
    return { state: emptyProfile(this.#compiled), ids: new RecentIds(this.#dedupeWindowMs) };
  }
}
