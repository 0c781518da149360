/** Events on profiles → what to write, what to refuse, what to count. No clock, no I/O; changes the profiles in place. */
import type { ProfileWrite } from '../shared/profile-store.ts';
import { encodeProfile } from '../shared/profile/codec.ts';
import type { CompiledFeatures } from '../shared/profile/compile.ts';
import { updateProfile, type ProfileState } from '../shared/profile/profile.ts';
import type { RecentIds } from '../shared/profile/recent-ids.ts';
import { openFor } from '../shared/profile/segments.ts';
import type { ReasonCode } from '../shared/result.ts';
import type { Chunk } from './chunks.ts';
import type { Sample } from './monitor/partition-watch.ts';
import type { CleanLine, ReadyEvent } from '../shared/clean-line.ts';

export interface LiveProfile {
  state: ProfileState;
  readonly ids: RecentIds;
  /** Size of the state as last encoded. */
  bytes: number;
}

export interface Refusal {
  readonly line: CleanLine;
  readonly reason: Extract<ReasonCode, 'Poison' | 'BeyondDedupe'>;
  readonly detail: string;
}

export interface Applied {
  readonly writes: ProfileWrite[];
  readonly refusals: Refusal[];
  readonly duplicates: number;
  readonly applied: number;
  /** Ids within the window that the bound of 4,096 forgot. */
  readonly overflows: number;
  /** What was observed, in the order of the events. */
  readonly samples: Sample[];
}

export interface ApplyOptions {
  /** The lines known to fail, which are refused without being tried. */
  readonly poison: Spoiled;
  readonly observe?: Observe | undefined;
}

/** Looks at an event and at the profile before it, of which it keeps nothing; undefined: it does not look at this one. */
type Observe = (offset: number, event: ReadyEvent, state: ProfileState) => Sample | undefined;

/** Lines that failed while they were applied, with the error: their profiles may be half changed. */
export type Spoiled = ReadonlyMap<CleanLine, string>;

/**
 * `profiles` holds every profile of the chunk. If lines fail that are not known to, says which: the caller then takes the
 * profiles as stored and applies the chunk anew.
 */
export function applyChunk(
  compiled: CompiledFeatures,
  chunk: Chunk,
  profiles: ReadonlyMap<string, LiveProfile>,
  { poison, observe }: ApplyOptions,
): Applied | { readonly spoiled: Spoiled } {
  const pass = new Pass(compiled, profiles, observe);
  for (const line of chunk.lines) {
    const problem = line.problem ?? poison.get(line);
    if (problem === undefined) pass.take(line, line.event!);
    else pass.refusals.push({ line, reason: 'Poison', detail: problem });
  }
  return pass.spoiled.size > 0 ? { spoiled: pass.spoiled } : pass.finish();
}

/** One pass over a chunk. */
class Pass {
  readonly refusals: Refusal[] = [];
  readonly spoiled = new Map<CleanLine, string>();
  readonly samples: Sample[] = [];
  readonly #compiled: CompiledFeatures;
  readonly #observe: Observe | undefined;
  readonly #profiles: ReadonlyMap<string, LiveProfile>;
  readonly #changed = new Set<string>();
  /** Profiles left half changed: what fails on them next may not be at fault. */
  readonly #halfChanged = new Set<LiveProfile>();
  #duplicates = 0;
  #applied = 0;
  #overflows = 0;

  constructor(compiled: CompiledFeatures, profiles: ReadonlyMap<string, LiveProfile>, observe: Observe | undefined) {
    this.#observe = observe;
    this.#compiled = compiled;
    this.#profiles = profiles;
  }

  take(line: CleanLine, event: ReadyEvent): void {
    const profile = this.#profiles.get(event.clean.profile)!;
    if (this.#halfChanged.has(profile)) return;
    const recency = profile.ids.check(event.hash, event.ingestedAt);
    if (recency === 'duplicate') this.#duplicates++;
    else if (recency === 'beyond') this.refusals.push(beyondDedupe(line, event, profile));
    else this.#update(line, event, profile);
  }

  finish(): Applied {
    return {
      refusals: this.refusals,
      samples: this.samples,
      duplicates: this.#duplicates,
      applied: this.#applied,
      overflows: this.#overflows,
      writes: encodeAll(this.#compiled, this.#changed, this.#profiles),
    };
  }

  #update(line: CleanLine, event: ReadyEvent, profile: LiveProfile): void {
    const { clean, hash, ingestedAt } = event;
    // Before the event can be blamed: damaged bytes of a state are no fault of it, and nothing may go on.
    openFor(this.#compiled, profile.state, clean.type);
    const sample = this.#observe?.(line.offset, event, profile.state);
    try {
      profile.state = updateProfile(this.#compiled, profile.state, clean, hash);
    } catch (error) {
      this.#halfChanged.add(profile);
      this.spoiled.set(line, error instanceof Error ? error.message : String(error));
      return;
    }
    if (profile.ids.add(hash, ingestedAt)) this.#overflows++;
    if (sample !== undefined) this.samples.push(sample.after?.(profile.state) ?? sample);
    this.#changed.add(clean.profile);
    this.#applied++;
  }
}

function beyondDedupe(line: CleanLine, event: ReadyEvent, { ids }: LiveProfile): Refusal {
  const newest = new Date(ids.newest!).toISOString();
  const detail = `ingested ${event.clean.ingestedAt}, further before ${newest} than ids are remembered`;
  return { line, reason: 'BeyondDedupe', detail };
}

function encodeAll(
  compiled: CompiledFeatures,
  changed: ReadonlySet<string>,
  profiles: ReadonlyMap<string, LiveProfile>,
): ProfileWrite[] {
  const writes: ProfileWrite[] = [];
  for (const profileId of changed) {
    const profile = profiles.get(profileId)!;
    const state = encodeProfile(compiled, profile.state);
    profile.bytes = state.length;
    const ids = profile.ids.takeWrite();
    writes.push(ids === undefined ? { profileId, state } : { profileId, state, ids });
  }
  return writes;
}
