/**
 * The archive: `events-clean` beyond what the broker keeps, as Parquet segments beside the models. Each partition has a
 * chain of segments without a gap; the end of the chain is its watermark, so that nothing else has to be kept.
 */
import type { BrokerRecord } from './broker.ts';

/** A stretch of one partition's log, closed for ever. Its name says all of this. */
export interface Segment {
  readonly partition: number;
  /** First offset that it covers. */
  readonly first: number;
  /** Last offset that it covers, itself included; not every offset has a record. */
  readonly last: number;
  /** Newest LogAppendTime of its records, milliseconds since 1970: what retention goes by. */
  readonly maxTime: number;
}

/** What is archived: a stream of one generation of a pipeline's topics. */
export interface ArchivePlace {
  /** `{namespace}.{pipeline}` */
  readonly pipeline: string;
  readonly stream: 'events-clean';
  readonly epoch: number;
}

export interface StoredSegment extends Segment {
  /** As it lies in the store, compressed. */
  readonly bytes: number;
}

/**
 * Port: where segments lie. A segment appears whole or not at all. Every method rejects with `StoreUnavailable` (may be
 * tried again) or `BadConfig`.
 */
export interface SegmentStore {
  /** Keeps what is there already: whoever writes this segment writes the same records. */
  create(segment: Segment, bytes: Uint8Array): Promise<void>;
  /** In the place of one that is there, at one stroke. */
  replace(segment: Segment, bytes: Uint8Array): Promise<void>;
  /** undefined: it is not there (any more). */
  get(segment: Segment): Promise<Uint8Array | undefined>;
  /** All segments of a partition, or of all, in any order; two may overlap where two have written at once. */
  list(partition?: number): Promise<StoredSegment[]>;
  /** No error where it is gone already. */
  remove(segment: Segment): Promise<void>;
}

/** Which offsets of a partition an archive holds: `from` ≤ offset < `to`; both 0 where it holds nothing. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Records as the broker gave them: the same offsets, timestamps and lines; the key is null. */
export interface Archive {
  extent(partition: number): Promise<Extent>;
  /**
   * Closes a segment over `records`, which cover every record from `first` up to `last`. No records: what lay there is
   * lost, and somebody has accepted it. Two writers at once do no harm: what both have written is read once.
   */
  append(segment: Omit<Segment, 'maxTime'>, records: readonly BrokerRecord[]): Promise<StoredSegment>;
  /**
   * Every record with `from` ≤ offset < `to` (default: the end), once, in order. Rejects with `LogGap` where the archive
   * begins behind `from`. It may end early: where the archive does.
   */
  read(range: {
    readonly partition: number;
    readonly from: number;
    readonly to?: number;
  }): AsyncIterable<readonly BrokerRecord[]>;
  segments(): Promise<StoredSegment[]>;
  /** Removes from the beginning of each partition what is older than `oldest` (ms since 1970), whole segments alone. */
  expire(oldest: number): Promise<readonly Segment[]>;
  /** Makes one segment of many small ones that follow each other. Resolves with how many there are fewer. */
  merge(): Promise<number>;
  /** Writes every segment again without the lines that are not to stay. Resolves with how many those were. */
  rewrite(stays: (line: string) => boolean): Promise<number>;
}
