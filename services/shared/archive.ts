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
  /** Which erasures its lines have been through; absent: none. */
  readonly purged?: string;
}

/** That the lines of a profile before an offset are gone for good. */
export interface Erasure {
  readonly partition: number;
  /** Lines at this offset or behind it stay: a person may come back. */
  readonly before: number;
  /** SHA-256 of the profile's id, lowercase hex: the id itself is to be nowhere. */
  readonly profile: string;
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
 * Port: where segments lie. A segment appears whole or not at all, and is never changed. What lies there and is nothing of
 * an archive is passed over. Every method rejects with `StoreUnavailable` (may be tried again) or `BadConfig`.
 */
export interface SegmentStore {
  /** Keeps what is there already: whoever writes this segment writes the same lines. */
  create(segment: Segment, bytes: Uint8Array): Promise<void>;
  /** undefined: it is not there (any more). */
  get(segment: Segment): Promise<Uint8Array | undefined>;
  /** All segments of a partition, or of all, in any order; two may overlap where two have written at once. */
  list(partition?: number): Promise<StoredSegment[]>;
  /** No error where it is gone already. */
  remove(segment: Segment): Promise<void>;
  /** Notes it for ever; a second time changes nothing. */
  note(erasure: Erasure): Promise<void>;
  /** All that are noted of a partition, in any order. */
  erasures(partition: number): Promise<Erasure[]>;
}

/** Which offsets of a partition an archive holds: `from` ≤ offset < `to`; both 0 where it holds nothing. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Where a record lies in its log, and since when: no two records of two logs have both in common. */
export interface RecordPlace {
  readonly offset: number;
  /** LogAppendTime, milliseconds since 1970. */
  readonly timestamp: number;
}

/** Records as the broker gave them: the same offsets, timestamps and lines; the key is null. */
export interface Archive {
  extent(partition: number): Promise<Extent>;
  /** The newest record that it holds; undefined: it holds none. Rejects with `BadData` as `read` does. */
  newest(partition: number): Promise<RecordPlace | undefined>;
  /**
   * Closes a segment over `records`, which cover every record from `first` up to `last`. No records: what lay there is
   * lost, and somebody has accepted it. Two writers at once do no harm: what both have written is read once.
   */
  append(segment: Omit<Segment, 'maxTime'>, records: readonly BrokerRecord[]): Promise<StoredSegment>;
  /**
   * Every record with `from` ≤ offset < `to` (default: the end), once, in order. Rejects with `LogGap` where the archive
   * begins behind `from`, and with `BadData` where a segment is damaged. It may end early: where the archive does.
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
  /**
   * Once it resolves, no reading that begins then gives any of these lines, whoever writes, merges or expires at the same
   * time. Those that are in the log alone yet are left out when they are archived.
   */
  erase(erasures: readonly Erasure[]): Promise<void>;
  /**
   * Takes what is erased out of the segments too, by writing them again. What others write from older ones meanwhile is
   * left to the next time. Resolves with how many lines those were.
   */
  purge(): Promise<number>;
}
