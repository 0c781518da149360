/** Follows a whole stream, record by record, and knows whether it has caught up. */
import type { Broker, BrokerRecord } from './broker.ts';

export interface Feed {
  /** In words for a person; undefined: everything that the stream held at the start has been read. */
  problem(): string | undefined;
  /** Resolves when it has; never if it is closed before. */
  readonly caughtUp: Promise<void>;
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
  const caughtUp = Promise.withResolvers<void>();
  const reader = await broker.follow({
    topic,
    onRecords: (_partition, records) => records.forEach((record) => onRecord(record)),
    onCaughtUp: () => {
      problem = undefined;
      caughtUp.resolve();
    },
    onFatal,
  });
  return { problem: () => problem, caughtUp: caughtUp.promise, close: () => reader.close() };
}
