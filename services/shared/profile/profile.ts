/**
 * A profile's state: one state per feature, the identity links, and what provenance needs. Pure.
 * Used by the feature service (live), serving (reading) and the trainer (replay): the same code, the same answer.
 */
import type { CleanEvent } from '../event.ts';
import type { CompiledFeatures } from './compile.ts';
import type { Link } from './identity.ts';

/** Position of an event in the one order that states use: time, then the id's hash, then the id. */
export interface EventOrder {
  readonly time: number;
  readonly id: string;
}

export interface ProfileState {
  /** One per compiled feature, by index. Owned by the caller that decoded it; `update` may change it in place. */
  features: unknown[];
  /** Per feature: how many events it has counted. */
  counted: number[];
  /** Per feature: the newest event it has counted. */
  newest: (EventOrder | undefined)[];
  /** Where this profile leads: the earliest link by (time, id). */
  link: Link | undefined;
  /** Who leads here: at most 64 sources, those with the latest link. */
  sources: Link[];
}

export interface AttributeValue {
  readonly value: unknown;
  /** Time of the newest event counted; null if none. */
  readonly time: string | null;
  readonly provenance: {
    readonly definition: string;
    readonly events: number;
    readonly newest: { readonly time: string; readonly id: string } | null;
  };
  readonly approximate?: true;
}

export type ProfileModule = {
  emptyProfile(features: CompiledFeatures): ProfileState;
  updateProfile(features: CompiledFeatures, state: ProfileState, event: CleanEvent): ProfileState;
  mergeProfiles(features: CompiledFeatures, a: ProfileState, b: ProfileState): ProfileState;
  encodeProfile(features: CompiledFeatures, state: ProfileState): Buffer;
  decodeProfile(features: CompiledFeatures, bytes: Uint8Array): ProfileState;
  /** All attributes at `now` (milliseconds). Throws `AsOfBeforeState`… see attributes.ts. */
  attributesAt(features: CompiledFeatures, state: ProfileState, now: number): Record<string, AttributeValue>;
};
