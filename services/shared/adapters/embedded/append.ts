/** Appending to the embedded log: gives offsets and timestamps, and cuts what is sent into chunks. */
import type { OutgoingRecord } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import { encodeChunk, maxChunkBytes, sizeOf, type ChunkEntry } from './chunk.ts';
import type { Stage } from './stage.ts';

export function append(stage: Stage, name: string, records: readonly OutgoingRecord[], now: number): void {
  const { id, partitions } = stage.topic(name);
  const byPartition = Map.groupBy(records, (record) => record.partition);
  for (const partition of byPartition.keys()) {
    if (Number.isInteger(partition) && partition >= 0 && partition < partitions) continue;
    const message = `Topic ${name} has partitions 0 to ${partitions - 1}; a record was sent to ${partition}.`;
    throw new LikenessError('BadConfig', message);
  }
  for (const [partition, own] of byPartition) appendPartition(stage, id, partition, { records: own, now });
}

function appendPartition(
  stage: Stage,
  id: number,
  partition: number,
  { records, now }: { records: readonly OutgoingRecord[]; now: number },
): void {
  const head = stage.head(id, partition);
  const timestamp = Math.max(now, head.timestamp);
  let next = head.high;
  for (const part of cut(records)) {
    const first = next;
    const entries = part.map(({ key, value }): ChunkEntry => ({ offset: next++, key: key ?? null, value }));
    stage.putChunk([id, partition, first], encodeChunk(first, next - 1, timestamp, entries));
  }
  stage.putHead(id, partition, { low: head.low, high: next, timestamp });
}

function cut(records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const parts: OutgoingRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const size = sizeOf(record.key, record.value);
    if (size > room) {
      parts.push([]);
      room = maxChunkBytes;
    }
    parts.at(-1)!.push(record);
    room -= size;
  }
  return parts;
}
