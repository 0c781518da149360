/** Reads a partition of the log from the archive and then from the broker, joined exactly at an offset. */
import type { Archive, Extent } from './archive.ts';
import type { Broker, BrokerRecord } from './broker.ts';

export interface History {
  readonly broker: Broker;
  readonly topic: string;
  /** Absent: the broker alone. */
  readonly archive?: Archive | undefined;
}

/** Which offsets can be read now, archive and broker together. Rejects with `LogGap` where they do not meet. */
export type HistoryExtent = (history: History, partition: number) => Promise<Extent>;

/**
 * Every record with `from` ≤ offset < `to`, once, in order, as `broker.read` would give them. Rejects with `LogGap`
 * where a record of the range is neither in the archive nor in the broker (any more).
 */
export type ReadHistory = (
  history: History,
  range: { readonly partition: number; readonly from: number; readonly to: number },
) => AsyncIterable<readonly BrokerRecord[]>;
