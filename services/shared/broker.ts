/** Port: the event log. Kafka in a cluster, an LMDB file on a laptop. Offsets are integers below 2^53. */

export interface BrokerRecord {
  readonly offset: number;
  readonly key: string | null;
  /** `null` is a tombstone (compacted topics only). */
  readonly value: Uint8Array | null;
  /** The broker's own clock (LogAppendTime), milliseconds since 1970. */
  readonly timestamp: number;
}

export interface OutgoingRecord {
  readonly partition: number;
  readonly key?: string | null;
  readonly value: Uint8Array | null;
}

export interface Producer {
  /**
   * Resolves when every record is durable (acks=all). Calls are sent one after another in the order made; records of
   * one partition keep their order. Rejects with a retryable LikenessError after `deliveryTimeoutMs`; the records may
   * then be durable or not (at least once is the caller's duty).
   */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** One delivery: consecutive records of one partition, offsets ascending but not always adjacent. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly BrokerRecord[];
  /** One past the last record that the partition holds now: `highWatermark - position` is the lag. */
  readonly highWatermark: number;
  /** Keeps the membership alive during long work; rejects if the partition was lost. */
  heartbeat(): Promise<void>;
  /** True once the partition no longer belongs to this consumer or was sought elsewhere: stop working on it. */
  isStale(): boolean;
}

export interface ConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called for every partition on every assignment. Returns the offset to read first; undefined: the group's committed
   * position, or the start of the log if there is none.
   */
  readonly onAssigned?: (topic: string, partition: number) => Promise<number | undefined>;
  /** Called when partitions were taken away; whatever is cached for them must be forgotten. */
  readonly onRevoked?: (partitions: readonly { topic: string; partition: number }[]) => void;
  /**
   * One call at a time a partition. When it resolves, reading goes on behind the batch; when it rejects, the same
   * batch comes again after a pause (see `retryMs`). Nothing is skipped.
   */
  readonly onBatch: (batch: Batch) => Promise<void>;
  /** An error that the consumer cannot heal. The service must stop. */
  readonly onFatal: (error: unknown) => void;
  /**
   * Told about every failure after which the same work comes again: a rejected `onBatch`, a retryable `onAssigned`, a
   * membership that ended and is renewed (partition −1).
   */
  readonly onRetry?: (error: unknown, at: { topic: string; partition: number }) => void;
  /** The pause before a rejected batch comes again, 500 by default. */
  readonly retryMs?: number;
  readonly maxBytesPerPartition?: number;
  readonly sessionTimeoutMs?: number;
}

export interface Consumer {
  /** Reads on from `offset`; the batch under way, if any, becomes stale. */
  seek(topic: string, partition: number, offset: number): void;
  /** Stores the group's position: the offset of the next record to read. */
  commit(topic: string, partition: number, offset: number): Promise<void>;
  /** Waits for the batches under way, leaves the group, closes. */
  close(): Promise<void>;
}

export interface ReadRange {
  readonly topic: string;
  readonly partition: number;
  /** First offset. */
  readonly from: number;
  /** One past the last offset. */
  readonly to: number;
}

export interface TopicSettings {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor?: number;
  readonly compacted?: boolean;
  /** Absent: kept for ever. */
  readonly retentionMs?: number;
  /** Replicas that must have a record before it is acknowledged. Absent: all but one, at least 1. */
  readonly minInsyncReplicas?: number;
}

export interface PartitionOffsets {
  readonly partition: number;
  /** First offset still held. */
  readonly low: number;
  /** One past the last offset. */
  readonly high: number;
}

export interface Broker {
  producer(): Promise<Producer>;
  /** No batch comes before the promise has resolved, so handlers may use the consumer. */
  consume(options: ConsumerOptions): Promise<Consumer>;
  /**
   * Follows all partitions of a topic from `from` (default: the start) without a group, for readers that each want
   * everything (models, items). `onCaughtUp` is called once, when everything held at the call has been delivered.
   */
  follow(options: {
    readonly topic: string;
    readonly onRecords: (partition: number, records: readonly BrokerRecord[]) => void | Promise<void>;
    readonly onCaughtUp?: () => void;
    readonly onFatal: (error: unknown) => void;
  }): Promise<{ close(): Promise<void> }>;
  /** Reads a fixed range, in order. For training and repair. */
  read(range: ReadRange): AsyncIterable<readonly BrokerRecord[]>;
  /** Creates what is missing; an existing topic with other partitions is a LikenessError `BadConfig`. */
  createTopics(topics: readonly TopicSettings[]): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Rejects with `NotFound` if there is no such topic. */
  offsets(topic: string): Promise<PartitionOffsets[]>;
  /** Positions that a group has committed; partitions without one are left out. */
  committed(group: string, topic: string): Promise<Map<number, number>>;
  close(): Promise<void>;
}
