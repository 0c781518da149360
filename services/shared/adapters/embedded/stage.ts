/** What one commit is going to write: later changes of the same commit see what earlier ones staged. */
import { LikenessError } from '../../errors.ts';
import type { HeadRow, Tables, TopicRow } from './database.ts';

const emptyHead: HeadRow = { low: 0, high: 0, timestamp: 0 };

export const partitionKey = (id: number, partition: number): string => `${id}/${partition}`;

export class Stage {
  /** Partitions (see partitionKey) whose readers have something to do; `*`: topics came or went. */
  readonly touched = new Set<string>();
  bytes = 0;
  readonly #tables: Tables;
  readonly #topics = new Map<string, TopicRow | undefined>();
  readonly #heads = new Map<string, HeadRow>();
  readonly #writes: (() => void)[] = [];

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** Called inside the transaction. */
  apply(): void {
    for (const write of this.#writes) write();
  }

  findTopic(name: string): TopicRow | undefined {
    return this.#topics.has(name) ? this.#topics.get(name) : this.#tables.topics.get(name);
  }

  topic(name: string): TopicRow {
    return this.findTopic(name) ?? raiseNoTopic(name);
  }

  putTopic(name: string, row: TopicRow): void {
    this.#topics.set(name, row);
    this.touched.add('*');
    this.#writes.push(() => void this.#tables.topics.put(name, row));
  }

  removeTopic(name: string): void {
    this.#topics.set(name, undefined);
    this.touched.add('*');
    this.#writes.push(() => void this.#tables.topics.remove(name));
  }

  head(id: number, partition: number): HeadRow {
    return this.#heads.get(partitionKey(id, partition)) ?? this.#tables.heads.get([id, partition]) ?? emptyHead;
  }

  putHead(id: number, partition: number, row: HeadRow): void {
    this.#heads.set(partitionKey(id, partition), row);
    this.touched.add(partitionKey(id, partition));
    this.#writes.push(() => void this.#tables.heads.put([id, partition], row));
  }

  removeHead(id: number, partition: number): void {
    this.#writes.push(() => void this.#tables.heads.remove([id, partition]));
  }

  putChunk(key: readonly [number, number, number], chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#writes.push(() => void this.#tables.chunks.put([...key], chunk));
  }

  removeChunk(key: readonly number[]): void {
    this.#writes.push(() => void this.#tables.chunks.remove([...key]));
  }

  putPosition(key: readonly [string, number, number], offset: number): void {
    this.#writes.push(() => void this.#tables.positions.put([...key], offset));
  }

  removePosition(key: readonly [string, number, number]): void {
    this.#writes.push(() => void this.#tables.positions.remove([...key]));
  }
}

export function raiseNoTopic(name: string): never {
  throw new LikenessError('NotFound', `There is no topic ${name}; create it first.`);
}
