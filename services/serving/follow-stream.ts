/** Follows a whole stream, record by record, and knows whether it has caught up. */
import type { Broker, BrokerRecord } from '../shared/broker.ts';

export interface Feed {
  /** In words for a person; undefined: everything that the stream held at the start has been read. */
  problem(): string | undefined;
  close(): Promise<void>;
}

export interface FollowOptions {
  readonly broker: Broker;
  /** The stream's name, for people. */
  readonly stream: string;
  readonly topic: string;
  readonly onRecord: (record: BrokerRecord) => void;
  readonly onFatal: (error: unknown) => void;
}

export async function followStream({ broker, stream, topic, onRecord, onFatal }: FollowOptions): Promise<Feed> {
  let problem: string | undefined = `the stream ${stream} is not read yet`;
  const reader = await broker.follow({
    topic,
    onRecords: (_partition, records) => records.forEach((record) => onRecord(record)),
    onCaughtUp: () => (problem = undefined),
    onFatal,
  });
  return { problem: () => problem, close: () => reader.close() };
}
