/** Coordinates the consumers of one group within this process: shares partitions out as members come and go. */
import type { Consumer, ConsumerOptions } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import { assign } from './assignment.ts';
import type { Bell } from './bell.ts';
import type { LogDatabase } from './database.ts';
import { PartitionReader, type OwnedPartition } from './partition-reader.ts';

interface Member {
  readonly options: ConsumerOptions;
  readonly readers: Map<string, PartitionReader>;
}

interface Deps {
  readonly database: LogDatabase;
  readonly bell: Bell;
}

export class Group {
  readonly #deps: Deps;
  readonly #members: Member[] = [];
  #rebalancing: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.bell.onTopics(() => void this.#rebalance());
  }

  async join(options: ConsumerOptions): Promise<Consumer> {
    const member: Member = { options, readers: new Map() };
    this.#members.push(member);
    await this.#rebalance();
    return {
      seek: (topic, partition, offset) => findReader(member, topic, partition)?.seek(offset),
      commit: (topic, partition, offset) => this.#commit(member, { topic, partition, offset }),
      close: () => this.#leave(member),
    };
  }

  async #leave(member: Member): Promise<void> {
    const at = this.#members.indexOf(member);
    if (at < 0) return;
    this.#members.splice(at, 1);
    await this.#rebalancing;
    await Promise.all([...member.readers.values()].map((reader) => reader.finish()));
    member.readers.clear();
    await this.#rebalance();
  }

  async #commit(member: Member, at: { topic: string; partition: number; offset: number }): Promise<void> {
    const reader = findReader(member, at.topic, at.partition);
    if (!reader) {
      const message = `Partition ${at.partition} of ${at.topic} no longer belongs to this consumer; its position stays.`;
      throw new LikenessError('BrokerUnavailable', message, { retryable: true });
    }
    const { id, partition } = reader.owned;
    await this.#deps.database.change((stage) => stage.putPosition([member.options.group, id, partition], at.offset));
  }

  #rebalance(): Promise<void> {
    this.#rebalancing = this.#rebalancing.then(() => this.#shareOut());
    return this.#rebalancing;
  }

  /** First everyone lets go of what it loses, and ends the work on it; only then are partitions given out. */
  async #shareOut(): Promise<void> {
    const slots = this.#slots();
    const shares = this.#members.map((member) => ({
      member,
      wants: (topic: string) => member.options.topics.includes(topic),
      holds: new Set(member.readers.keys()),
    }));
    const wanted = assign(
      shares,
      [...slots].map(([key, { topic }]) => ({ key, topic })),
    );
    await Promise.all([...wanted].map(([member, keys]) => revoke(member, keys)));
    for (const [member, keys] of wanted) {
      for (const key of keys) if (!member.readers.has(key)) this.#give(member, key, slots.get(key)!);
    }
  }

  #slots(): Map<string, OwnedPartition> {
    const { database } = this.#deps;
    database.sequence();
    const slots = new Map<string, OwnedPartition>();
    for (const topic of new Set(this.#members.flatMap(({ options }) => options.topics))) {
      const row = database.tables.topics.get(topic);
      for (let partition = 0; row && partition < row.partitions; partition++) {
        slots.set(`${topic}/${row.id}/${partition}`, { topic, id: row.id, partition });
      }
    }
    return slots;
  }

  #give(member: Member, key: string, owned: OwnedPartition): void {
    const reader = new PartitionReader(owned, member.options, this.#deps);
    member.readers.set(key, reader);
    reader.start();
  }
}

async function revoke(member: Member, keep: ReadonlySet<string>): Promise<void> {
  const lost = [...member.readers].filter(([key]) => !keep.has(key));
  if (lost.length === 0) return;
  for (const [key] of lost) member.readers.delete(key);
  const stopped = lost.map(([, reader]) => reader.stop());
  member.options.onRevoked?.(lost.map(([, { owned }]) => ({ topic: owned.topic, partition: owned.partition })));
  await Promise.all(stopped);
}

function findReader(member: Member, topic: string, partition: number): PartitionReader | undefined {
  for (const reader of member.readers.values()) {
    if (reader.owned.topic === topic && reader.owned.partition === partition) return reader;
  }
  return undefined;
}
