/** Keeps the embedded log small: drops what is older than the retention, and of compacted topics all but the newest. */
import type { BrokerRecord } from '../../broker.ts';
import { chunkLast, chunkTimestamp, decodeChunk, encodeChunk } from './chunk.ts';
import type { LogDatabase, TopicRow } from './database.ts';
import { partitionKey, type Stage } from './stage.ts';
import { listTopics } from './topics.ts';

/** A commit drops at most so many chunks. */
const chunksPerCommit = 1_000;
/** A partition is compacted again after so many new records. */
const recordsBetweenCompactions = 1_000;
/** Tombstones stay so long, for readers that are behind. */
const tombstoneMs = 24 * 3600 * 1000;

export class Upkeep {
  readonly #database: LogDatabase;
  readonly #now: () => number;
  readonly #compactedUpTo = new Map<string, number>();

  constructor(database: LogDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async run(): Promise<void> {
    this.#database.sequence();
    for (const { row } of listTopics(this.#database.tables)) {
      for (let partition = 0; partition < row.partitions; partition++) await this.#tidy(row, partition);
    }
  }

  async #tidy(row: TopicRow, partition: number): Promise<void> {
    const { retentionMs } = row;
    if (retentionMs !== null) await this.#trim(row.id, partition, this.#now() - retentionMs);
    if (row.compacted) await this.#compact(row.id, partition);
  }

  async #trim(id: number, partition: number, olderThan: number): Promise<void> {
    for (let more = true; more;) {
      more = await this.#database.change((stage) => this.#trimSome(stage, [id, partition], olderThan));
    }
  }

  #trimSome(stage: Stage, [id, partition]: [number, number], olderThan: number): boolean {
    const head = stage.head(id, partition);
    let { low } = head;
    let dropped = 0;
    const range = { start: [id, partition, 0], end: [id, partition + 1] };
    for (const { key, value } of this.#database.tables.chunks.getRange(range)) {
      if (chunkTimestamp(value) >= olderThan || dropped === chunksPerCommit) break;
      stage.removeChunk(key);
      low = chunkLast(key[2]!, value) + 1;
      dropped++;
    }
    if (low > head.low) stage.putHead(id, partition, { ...head, low });
    return dropped === chunksPerCommit;
  }

  async #compact(id: number, partition: number): Promise<void> {
    const key = partitionKey(id, partition);
    const high = this.#database.tables.heads.get([id, partition])?.high ?? 0;
    if (high - (this.#compactedUpTo.get(key) ?? 0) < recordsBetweenCompactions) return;
    await this.#database.change((stage) => this.#compactAll(stage, id, partition));
    this.#compactedUpTo.set(key, high);
  }

  #compactAll(stage: Stage, id: number, partition: number): void {
    const range = { start: [id, partition, 0], end: [id, partition + 1] };
    const chunks = [...this.#database.tables.chunks.getRange(range)];
    const newest = new Map<string, number>();
    for (const { key, value } of chunks) {
      for (const record of decodeChunk(key[2]!, value)) {
        if (record.key !== null) newest.set(record.key, record.offset);
      }
    }
    const cutoff = this.#now() - tombstoneMs;
    const keeps = (record: BrokerRecord) =>
      record.key === null ||
      (newest.get(record.key) === record.offset && (record.value !== null || record.timestamp >= cutoff));
    for (const { key, value } of chunks) rewrite(stage, key, { chunk: value, keeps });
  }
}

function rewrite(
  stage: Stage,
  key: readonly number[],
  { chunk, keeps }: { chunk: Buffer; keeps: (record: BrokerRecord) => boolean },
): void {
  const [id, partition, first] = key as [number, number, number];
  const records = decodeChunk(first, chunk);
  const kept = records.filter(keeps);
  if (kept.length === records.length) return;
  if (kept.length === 0) return stage.removeChunk(key);
  const last = chunkLast(first, chunk);
  stage.putChunk([id, partition, first], encodeChunk(first, last, chunkTimestamp(chunk), kept));
}
