/** Layout of a chunk: what one commit appended to one partition, so that LMDB pays per chunk and not per record. */
import type { BrokerRecord } from '../../broker.ts';

export interface ChunkEntry {
  readonly offset: number;
  readonly key: string | null;
  readonly value: Uint8Array | null;
}

/**
 * Chunks are cut here: LMDB keeps a value in adjoining pages, and long runs of free pages are hard to find again. One
 * larger record still lies in a chunk of its own.
 */
export const maxChunkBytes = 64 * 1024;

const version = 1;
/** u8 version, u32 count, f64 timestamp, u32 last: the last offset that the chunk covers, minus its first. */
const headerBytes = 17;
/** u32 offset minus the first, i32 key length, i32 value length; −1 stands for null. */
const entryBytes = 12;

export function sizeOf(key: string | null | undefined, value: Uint8Array | null): number {
  return entryBytes + (key == null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0);
}

/** `last` stays what it was when compaction takes entries out: readers must not stumble over the gap. */
export function encodeChunk(first: number, last: number, timestamp: number, entries: readonly ChunkEntry[]): Buffer {
  const bytes = entries.reduce((sum, { key, value }) => sum + sizeOf(key, value), headerBytes);
  const chunk = Buffer.allocUnsafe(bytes);
  chunk.writeUInt8(version, 0);
  chunk.writeUInt32LE(entries.length, 1);
  chunk.writeDoubleLE(timestamp, 5);
  chunk.writeUInt32LE(last - first, 13);
  let at = headerBytes;
  for (const entry of entries) at = writeEntry(chunk, at, entry, first);
  return chunk;
}

function writeEntry(chunk: Buffer, start: number, { offset, key, value }: ChunkEntry, first: number): number {
  let at = start + entryBytes;
  const keyLength = key === null ? -1 : chunk.write(key, at);
  at += Math.max(0, keyLength);
  if (value) chunk.set(value, at);
  chunk.writeUInt32LE(offset - first, start);
  chunk.writeInt32LE(keyLength, start + 4);
  chunk.writeInt32LE(value ? value.length : -1, start + 8);
  return at + (value?.length ?? 0);
}

export function chunkTimestamp(chunk: Buffer): number {
  return chunk.readDoubleLE(5);
}

export function chunkLast(first: number, chunk: Buffer): number {
  return first + chunk.readUInt32LE(13);
}

/** Records at or behind `from`. Their values are views of `chunk`. */
export function decodeChunk(first: number, chunk: Buffer, from = first): BrokerRecord[] {
  const timestamp = chunkTimestamp(chunk);
  const records: BrokerRecord[] = [];
  let at = headerBytes;
  for (let left = chunk.readUInt32LE(1); left > 0; left--) {
    const offset = first + chunk.readUInt32LE(at);
    const keyLength = chunk.readInt32LE(at + 4);
    const valueLength = chunk.readInt32LE(at + 8);
    const keyAt = at + entryBytes;
    const valueAt = keyAt + Math.max(0, keyLength);
    at = valueAt + Math.max(0, valueLength);
    if (offset < from) continue;
    const key = keyLength < 0 ? null : chunk.toString('utf8', keyAt, valueAt);
    records.push({ offset, key, value: valueLength < 0 ? null : chunk.subarray(valueAt, at), timestamp });
  }
  return records;
}
