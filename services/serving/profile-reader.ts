/** Reads profiles for answers: one store read for an unlinked profile, and nothing is kept between requests. */
import { partitionOf } from '../shared/partition.ts';
import { statesTag, type PipelineKey } from '../shared/active-features.ts';
import type { ProfileStore } from '../shared/profile-store.ts';
import { type AttributeValue, attributesAt, earliestAsOf, sequenceIfAny } from '../shared/profile/attributes.ts';
import { decodeProfile } from '../shared/profile/codec.ts';
import type { CompiledFeatures } from '../shared/profile/compile.ts';
import type { ProfileState } from '../shared/profile/profile.ts';
import { type LoadProfiles, resolveIdentity } from '../shared/profile/resolve.ts';
import type { HistoryEntry } from '../shared/learning/recommender.ts';
import type { ServedVector } from '../shared/learning/skew/served-vector.ts';
import type { FollowedFeatures, ServedFeatures } from './followed-features.ts';

export interface ReadProfile {
  /** As asked for. */
  readonly id: string;
  /** The identities that were merged, ascending; the one asked for is among them. */
  readonly profileIds: readonly string[];
  readonly state: ProfileState;
  /** What the state is of. */
  readonly features: CompiledFeatures;
  /** Every key that was read and how far its partition was then; only of a read that asked for it. */
  readonly marks?: readonly Mark[];
}

/** A key that was read, with or without a state, and the offset that its partition's states contain. */
type Mark = ServedVector['read'][number];

export interface ProfileReader {
  /** undefined: nothing is known of this id. */
  read(id: string): Promise<ReadProfile | undefined>;
  /** As `read`, with marks unless a partition has no watermark yet. Costs a call a partition and level of links. */
  readMarked(id: string): Promise<ReadProfile | undefined>;
  /** In the order asked for. */
  readMany(ids: readonly string[]): Promise<(ReadProfile | undefined)[]>;
  /** `moment` in milliseconds since 1970, not before `earliestMoment`. */
  attributesAt(profile: ReadProfile, moment: number): Record<string, AttributeValue>;
  /** The entries of a sequence feature, oldest first; none while it is computed from the history. */
  historyOf(profile: ReadProfile, feature: string): readonly HistoryEntry[];
}

export interface ProfileReaderOptions {
  readonly store: Pick<ProfileStore, 'get' | 'read'>;
  readonly features: Pick<FollowedFeatures, 'current'>;
  readonly pipeline: PipelineKey;
  readonly partitions: number;
}

export function createProfileReader({ store, features, pipeline, partitions }: ProfileReaderOptions): ProfileReader {
  const tags = ([0, 1] as const).map((slot) =>
    Array.from({ length: partitions }, (_, partition) => statesTag(pipeline, partition, slot)),
  );

  const loadFrom =
    ({ compiled, slot }: ServedFeatures): LoadProfiles =>
    async (ids) => {
      const keys = ids.map((profileId) => ({ tag: tags[slot]![partitionOf(profileId, partitions)]!, profileId }));
      const states = await store.get(keys);
      return states.map((bytes) => (bytes === undefined ? undefined : decodeProfile(compiled, bytes)));
    };

  const loadMarked =
    ({ compiled, slot }: ServedFeatures, marks: (Mark | undefined)[]): LoadProfiles =>
    async (ids) => {
      const states = new Map<string, ProfileState>();
      for (const [partition, own] of Map.groupBy(ids, (id) => partitionOf(id, partitions))) {
        const { watermark, profiles } = await store.read(tags[slot]![partition]!, own);
        own.forEach((profile, at) => {
          const held = profiles[at];
          if (held) states.set(profile, decodeProfile(compiled, held.state));
          marks.push(watermark && { profile, partition, offset: watermark.offset });
        });
      }
      return ids.map((id) => states.get(id));
    };

  return {
    async read(id) {
      const served = await features.current();
      return readWith(served.compiled, id, loadFrom(served));
    },
    async readMarked(id) {
      const served = await features.current();
      const marks: (Mark | undefined)[] = [];
      const profile = await readWith(served.compiled, id, loadMarked(served, marks));
      const known = marks.filter((mark) => mark !== undefined);
      return profile && { ...profile, ...(known.length === marks.length && { marks: known }) };
    },
    async readMany(ids) {
      const served = await features.current();
      const load = loadFrom(served);
      const first = [...new Set(ids)];
      const states = await load(first);
      const known = new Map(first.map((id, at) => [id, states[at]]));
      return Promise.all(ids.map((id) => readWith(served.compiled, id, loadBeyond(known, load))));
    },
    attributesAt: (profile, moment) => attributesAt(profile.features, profile.state, moment),
    historyOf: (profile, feature) => sequenceIfAny(profile.features, profile.state, feature) ?? [],
  };
}

async function readWith(features: CompiledFeatures, id: string, load: LoadProfiles): Promise<ReadProfile | undefined> {
  const { members, state } = await resolveIdentity(features, id, load);
  return state && { id, profileIds: members, state, features };
}

/** Milliseconds of the newest event counted: the first moment that can be asked for. */
export function earliestMoment({ state }: ReadProfile): number {
  return earliestAsOf(state) ?? -Infinity;
}

/** Takes what is known already; one read for the rest. */
function loadBeyond(known: ReadonlyMap<string, ProfileState | undefined>, load: LoadProfiles): LoadProfiles {
  return async (ids) => {
    const missing = ids.filter((id) => !known.has(id));
    const states = missing.length === 0 ? [] : await load(missing);
    const found = new Map(missing.map((id, at) => [id, states[at]]));
    return ids.map((id) => known.get(id) ?? found.get(id));
  };
}
