/** Stored profiles for read benchmarks, made by the services' own feature code. */
import type { PipelineSpec } from '../crds/pipeline.ts';
import type { PipelineId } from '../operator/topics.ts';
import type { CleanEvent, SentEvent } from '../services/shared/event.ts';
import { partitionOf } from '../services/shared/partition.ts';
import {
  maxWritesPerCommit,
  partitionTag,
  type ProfileStore,
  type ProfileWrite,
  type Watermark,
} from '../services/shared/profile-store.ts';
import { encodeProfile } from '../services/shared/profile/codec.ts';
import { type CompiledFeatures, compileFeatures } from '../services/shared/profile/compile.ts';
import { emptyProfile, type ProfileState, updateProfile } from '../services/shared/profile/profile.ts';

export function compileSpec(spec: PipelineSpec): CompiledFeatures {
  return compileFeatures(spec.features, spec.events, { mergeOn: spec.identity.mergeOn });
}

export function cleanEvent(event: SentEvent, profile: string): CleanEvent {
  return { ...event, profile, ingestedAt: event.time, receivedAt: event.time };
}

/** States of profiles by id. */
export function statesOf(features: CompiledFeatures, events: Iterable<CleanEvent>): Map<string, ProfileState> {
  const states = new Map<string, ProfileState>();
  for (const event of events) {
    const state = states.get(event.profile) ?? emptyProfile(features);
    states.set(event.profile, updateProfile(features, state, event));
  }
  return states;
}

export interface Destination {
  readonly store: ProfileStore;
  readonly pipeline: PipelineId;
  /** By partition: what the states contain, as far as a feature service will be told. */
  readonly watermarks: readonly Watermark[];
}

/** Commits states as the feature service would, under fixed watermarks. Returns the bytes of all states. */
export async function storeStates(
  features: CompiledFeatures,
  states: ReadonlyMap<string, ProfileState>,
  { store, pipeline, watermarks }: Destination,
): Promise<number> {
  const byPartition = watermarks.map((): ProfileWrite[] => []);
  let bytes = 0;
  for (const [profileId, state] of states) {
    const encoded = Buffer.from(encodeProfile(features, state));
    bytes += encoded.length;
    byPartition[partitionOf(profileId, watermarks.length)]!.push({ profileId, state: encoded });
  }
  for (const [partition, writes] of byPartition.entries()) {
    const tag = partitionTag(pipeline, partition);
    let { watermark } = await store.read(tag, []);
    for (let start = 0; start < writes.length; start += maxWritesPerCommit) {
      const next = watermarks[partition]!;
      const outcome = await store.commit(tag, watermark, next, writes.slice(start, start + maxWritesPerCommit));
      if (outcome !== 'committed') throw new Error('a rival writes to the benchmark');
      watermark = next;
    }
  }
  return bytes;
}
