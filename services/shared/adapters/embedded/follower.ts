/** Follows every partition of a topic of the embedded log, without a group. */
import type { Broker } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import type { Bell } from './bell.ts';
import type { LogDatabase, TopicRow } from './database.ts';
import { defaultMaxBytes } from './partition-reader.ts';
import { headOf, readLog } from './read-log.ts';
import { partitionKey, raiseNoTopic } from './stage.ts';

type FollowOptions = Parameters<Broker['follow']>[0];

export class Follower {
  readonly #options: FollowOptions;
  readonly #row: TopicRow;
  readonly #database: LogDatabase;
  readonly #bell: Bell;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: FollowOptions, { database, bell }: { database: LogDatabase; bell: Bell }) {
    database.sequence();
    this.#options = options;
    this.#row = database.tables.topics.get(options.topic) ?? raiseNoTopic(options.topic);
    this.#database = database;
    this.#bell = bell;
    this.#running = this.#run().catch((error: unknown) => options.onFatal(error));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const partitions = [...Array(this.#row.partitions).keys()];
    const caughtUp = partitions.map((partition) => this.#catchUp(partition, this.#high(partition)));
    const positions = await Promise.all(caughtUp);
    if (!this.#stop.signal.aborted) this.#options.onCaughtUp?.();
    await Promise.all(partitions.map((partition) => this.#goOn(partition, positions[partition]!)));
  }

  async #catchUp(partition: number, target: number): Promise<number> {
    let position = 0;
    while (position < target && !this.#stop.signal.aborted) position = await this.#step(partition, position, target);
    return position;
  }

  async #goOn(partition: number, start: number): Promise<void> {
    let position = start;
    while (!this.#stop.signal.aborted) {
      const high = this.#high(partition);
      if (position < high) position = await this.#step(partition, position, high);
      else await this.#bell.wait(partitionKey(this.#row.id, partition), this.#stop.signal);
    }
  }

  #high(partition: number): number {
    this.#database.sequence();
    const { topic } = this.#options;
    const now = this.#database.tables.topics.get(topic);
    if (now && now.id !== this.#row.id) {
      throw new LikenessError(
        'LogRecreated',
        `Topic ${topic} was deleted and created again; follow it from its start.`,
      );
    }
    return headOf(this.#database.tables, this.#row.id, partition).high;
  }

  async #step(partition: number, from: number, to: number): Promise<number> {
    const range = { from, to, maxBytes: defaultMaxBytes };
    const { records, next } = readLog(this.#database.tables, [this.#row.id, partition], range);
    if (records.length > 0) await this.#options.onRecords(partition, records);
    return next;
  }
}
