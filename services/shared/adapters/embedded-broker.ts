/** The event log of a laptop: the Broker port on one LMDB file, which other processes may open at the same time. */
import type {
  Broker,
  BrokerRecord,
  Consumer,
  ConsumerOptions,
  PartitionOffsets,
  Producer,
  ReadRange,
  TopicSettings,
} from '../broker.ts';
import { append } from './embedded/append.ts';
import { acquireLog, type EmbeddedLog, type EmbeddedLogOptions } from './embedded/embedded-log.ts';
import { Follower } from './embedded/follower.ts';
import { defaultMaxBytes } from './embedded/partition-reader.ts';
import { headOf, readLog } from './embedded/read-log.ts';
import { raiseNoTopic } from './embedded/stage.ts';
import { createTopics, deleteTopics } from './embedded/topics.ts';
import { openGate } from './open-gate.ts';
import type { TopicRow } from './embedded/database.ts';

/**
 * Opens (or creates) the log in `folder`. Consumers of one group share its partitions within this process only; other
 * processes may produce, read and follow. Close the broker to free the folder.
 */
export async function openEmbeddedBroker(folder: string, options: EmbeddedLogOptions = {}): Promise<Broker> {
  const { log, release } = await acquireLog(folder, options);
  return new EmbeddedBroker(log, release);
}

class EmbeddedBroker implements Broker {
  readonly #log: EmbeddedLog;
  readonly #release: () => Promise<void>;
  readonly #open = new Set<{ close(): Promise<void> }>();
  #closed: Promise<void> | undefined;

  constructor(log: EmbeddedLog, release: () => Promise<void>) {
    this.#log = log;
    this.#release = release;
  }

  async producer(): Promise<Producer> {
    const { database, now } = this.#log;
    return {
      send: async (topic, records) => {
        if (records.length > 0) await database.change((stage) => append(stage, topic, records, now()));
      },
      close: async () => undefined,
    };
  }

  async consume(options: ConsumerOptions): Promise<Consumer> {
    for (const topic of options.topics) this.#topic(topic);
    const consumer = await openGate(options, (gated) => this.#log.group(options.group).join(gated));
    this.#open.add(consumer);
    return consumer;
  }

  async follow(options: Parameters<Broker['follow']>[0]): Promise<{ close(): Promise<void> }> {
    const follower = new Follower(options, this.#log);
    this.#open.add(follower);
    return follower;
  }

  async *read({ topic, partition, from, to }: ReadRange): AsyncIterable<readonly BrokerRecord[]> {
    const { id } = this.#topic(topic);
    const { tables } = this.#log.database;
    const { low, high } = headOf(tables, id, partition);
    const end = Math.min(to, high);
    for (let position = Math.max(from, low); position < end;) {
      this.#log.database.sequence();
      const range = { from: position, to: end, maxBytes: defaultMaxBytes };
      const { records, next } = readLog(tables, [id, partition], range);
      if (records.length > 0) yield records;
      position = next;
    }
  }

  createTopics(topics: readonly TopicSettings[]): Promise<void> {
    return createTopics(this.#log.database, topics);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return deleteTopics(this.#log.database, names);
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    const { id, partitions } = this.#topic(topic);
    return Array.from({ length: partitions }, (_, partition) => {
      const { low, high } = headOf(this.#log.database.tables, id, partition);
      return { partition, low, high };
    });
  }

  async committed(group: string, topic: string): Promise<Map<number, number>> {
    const { id, partitions } = this.#topic(topic);
    const positions = new Map<number, number>();
    for (let partition = 0; partition < partitions; partition++) {
      const offset = this.#log.database.tables.positions.get([group, id, partition]);
      if (offset !== undefined) positions.set(partition, offset);
    }
    return positions;
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#open].map((part) => part.close())).then(() => this.#release());
    return this.#closed;
  }

  /** Also makes the reads that follow in the same turn see the newest commit. */
  #topic(name: string): TopicRow {
    this.#log.database.sequence();
    return this.#log.database.tables.topics.get(name) ?? raiseNoTopic(name);
  }
}
