/** Reading the embedded log from an offset, across the gaps that compaction leaves. */
import type { BrokerRecord } from '../../broker.ts';
import { chunkLast, decodeChunk } from './chunk.ts';
import type { HeadRow, Tables } from './database.ts';

export interface Slice {
  readonly records: readonly BrokerRecord[];
  /** Where to read on; behind the last record, or further if nothing is held in between. */
  readonly next: number;
}

export function headOf(tables: Tables, id: number, partition: number): HeadRow {
  return tables.heads.get([id, partition]) ?? { low: 0, high: 0, timestamp: 0 };
}

/** At least one record if any is held between `from` and `to`, however large; else about `maxBytes` (chunks whole). */
export function readLog(
  tables: Tables,
  [id, partition]: readonly [number, number],
  { from, to, maxBytes }: { from: number; to: number; maxBytes: number },
): Slice {
  const records: BrokerRecord[] = [];
  let bytes = 0;
  let next = from;
  const start = firstChunk(tables, id, partition, from);
  for (const { key, value } of tables.chunks.getRange({ start, end: [id, partition + 1] })) {
    const first = key[2]!;
    if (first >= to) break;
    if (bytes > 0 && bytes + value.length > maxBytes) return { records, next };
    for (const record of decodeChunk(first, value, from)) if (record.offset < to) records.push(record);
    next = Math.max(next, Math.min(to, chunkLast(first, value) + 1));
    if (records.length > 0) bytes += value.length;
  }
  if (next < to) next = to;
  return { records, next };
}

/** The chunk that holds `from`, or the next one behind it. */
function firstChunk(tables: Tables, id: number, partition: number, from: number): number[] {
  const floor = { start: [id, partition, from], end: [id, partition], reverse: true, limit: 1 };
  const [key] = tables.chunks.getKeys(floor);
  return key ?? [id, partition, from];
}
