/**
 * Port: profile states, each partition with its watermark, read together and committed together.
 * Redis (or Valkey) in a cluster, LMDB on a laptop.
 */

/** `{namespace}/{pipeline}/e{epoch}/p{partition}`: the tag that all keys of a partition share. */
export type PartitionTag = string;

export interface Watermark {
  /** Offset of the last record that the committed states contain. */
  readonly offset: number;
  /** LogAppendTime of that record, to recognise a topic that was deleted and created again. */
  readonly timestamp: number;
  /** Hash over all feature definitions: old and new code never both commit. */
  readonly definition: string;
}

export interface StoredProfile {
  readonly state: Uint8Array;
  /** Recent event ids, see profile/recent-ids.ts; empty if none are kept. */
  readonly ids: Uint8Array;
}

export interface ProfileWrite {
  readonly profileId: string;
  readonly state: Uint8Array;
  /** `append` adds bytes behind the stored ids, `replace` puts these bytes in their place. */
  readonly ids?: { readonly append: Uint8Array } | { readonly replace: Uint8Array };
}

export interface PartitionRead {
  readonly watermark: Watermark | undefined;
  /** In the order asked for; undefined where there is no such profile. */
  readonly profiles: readonly (StoredProfile | undefined)[];
}

/** What is kept of a partition beside its profiles: a few KB that nobody but their writer reads. */
export interface PartitionNote {
  readonly watermark: Watermark | undefined;
  /** As it was committed last; undefined: never. Older than the watermark where a commit since has left it out. */
  readonly note: Uint8Array | undefined;
}

/** The next watermark of a partition, and the note that is written with it; without one the stored note stays. */
export interface Advance extends Watermark {
  readonly note?: Uint8Array;
}

/** One call may write at most so many profiles (one Lua script, one slot). */
export const maxWritesPerCommit = 500;
/** Longest profile id in UTF-8 that every store can hold as part of a key. */
export const maxProfileIdBytes = 1024;

export interface ProfileStore {
  /** Watermark and states as of ONE moment. `profileIds` may be empty. */
  read(tag: PartitionTag, profileIds: readonly string[]): Promise<PartitionRead>;
  /**
   * Atomic: if the stored watermark equals `expected` (offset, timestamp and definition; undefined: there is none),
   * writes the profiles, `next` and its note; else writes nothing and says `conflict`. A rejection means that the answer
   * is unknown: forget cached states, read again, never repeat the same call.
   */
  commit(
    tag: PartitionTag,
    expected: Watermark | undefined,
    next: Advance,
    writes: readonly ProfileWrite[],
  ): Promise<'committed' | 'conflict'>;
  /** Watermark and note as of ONE moment. */
  readNote(tag: PartitionTag): Promise<PartitionNote>;
  /** States alone, from any partitions, for reading; one round trip where the profiles share a partition. */
  get(keys: readonly { readonly tag: PartitionTag; readonly profileId: string }[]): Promise<(Uint8Array | undefined)[]>;
  /** True if the partition holds any profile (to tell "new" from "lost its watermark"). */
  hasProfiles(tag: PartitionTag): Promise<boolean>;
  /** Ids of the profiles of a partition, in no order. For tools and tests. */
  list(tag: PartitionTag): AsyncIterable<string>;
  /**
   * Forgets a partition, for a rebuild: its watermark first, so that nobody's commit succeeds meanwhile, then its note
   * and its profiles. Not atomic: a crash in between leaves profiles without a watermark.
   */
  clear(tag: PartitionTag): Promise<void>;
  /** Calls back after each reconnect: cached states may be stale. Returns a function that stops it. */
  onReconnect(callback: () => void): () => void;
  /** Rejects with `StoreEvicts` if the store may evict keys, `StoreUnavailable` if it cannot be reached. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export function partitionTag(
  pipeline: { namespace: string; name: string; epoch: number },
  partition: number,
): PartitionTag {
  return `${pipeline.namespace}/${pipeline.name}/e${pipeline.epoch}/p${partition}`;
}

/** Under which the monitor of drift keeps its note; its watermark is of the stream `signals`. */
export function monitorTag(pipeline: { namespace: string; name: string; epoch: number }): PartitionTag {
  return `${pipeline.namespace}/${pipeline.name}/e${pipeline.epoch}/signals`;
}
