/**
 * The records that one request becomes, delivered together, and their form in the write-ahead log. Pure.
 *
 * A frame's payload, integers little-endian: u32 partitions of events-raw when it was written, then per record
 * u8 stream (0 events-raw, 1 items), u32 partition, u32 length of the key (0xffffffff: none), key, u32 length, value.
 */
import { profileIdOf, type SentEvent } from '../shared/event.ts';
import { partitionOf } from '../shared/partition.ts';
import { packLines, unpackLines } from '../shared/record.ts';
import type { Stream } from '../shared/streams.ts';

const lotStreams = ['events-raw', 'items'] as const satisfies readonly Stream[];
export type LotStream = (typeof lotStreams)[number];

export interface LotRecord {
  readonly stream: LotStream;
  readonly partition: number;
  readonly key: string | null;
  readonly value: Uint8Array;
}

export interface Lot {
  readonly events: number;
  readonly bytes: number;
  readonly records: readonly LotRecord[];
}

/** Packs lines by partition: the fewest records, because records are what Kafka clients pay for. */
export function lotOfLines(linesByPartition: readonly (readonly string[] | undefined)[], events: number): Lot {
  const records: LotRecord[] = [];
  let bytes = 0;
  for (const [partition, lines] of linesByPartition.entries()) {
    if (lines === undefined) continue;
    for (const value of packLines(lines)) {
      records.push({ stream: 'events-raw', partition, key: null, value });
      bytes += value.length;
    }
  }
  return { events, bytes, records };
}

const noKey = 0xffffffff;

export function encodeLot(lot: Lot, partitions: number): Buffer {
  const keys = lot.records.map(({ key }) => (key === null ? null : Buffer.from(key)));
  const keyBytes = keys.reduce((sum, key) => sum + (key?.length ?? 0), 0);
  const bytes = Buffer.allocUnsafe(4 + lot.records.length * 13 + keyBytes + lot.bytes);
  let at = bytes.writeUInt32LE(partitions, 0);
  for (const [index, record] of lot.records.entries()) {
    const key = keys[index] ?? null;
    at = bytes.writeUInt8(lotStreams.indexOf(record.stream), at);
    at = bytes.writeUInt32LE(record.partition, at);
    at = bytes.writeUInt32LE(key === null ? noKey : key.length, at);
    if (key !== null) at += key.copy(bytes, at);
    at = bytes.writeUInt32LE(record.value.length, at);
    bytes.set(record.value, at);
    at += record.value.length;
  }
  return bytes;
}

/** Events and items in an encoded lot, without decoding them. */
export function eventsInLot(encoded: Uint8Array): number {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  let count = 0;
  for (let at = 4; at < bytes.length;) {
    const { stream, value, end } = recordAt(bytes, at);
    count += stream === 'items' ? 1 : linesIn(value);
    at = end;
  }
  return count;
}

function linesIn(value: Buffer): number {
  let lines = 1;
  for (let at = value.indexOf(newline); at >= 0; at = value.indexOf(newline, at + 1)) lines++;
  return lines;
}

const newline = 0x0a;

function recordAt(bytes: Buffer, at: number) {
  const keyLength = bytes.readUInt32LE(at + 5);
  const keyEnd = at + 9 + (keyLength === noKey ? 0 : keyLength);
  const end = keyEnd + 4 + bytes.readUInt32LE(keyEnd);
  return {
    stream: lotStreams[bytes.readUInt8(at)]!,
    partition: bytes.readUInt32LE(at + 1),
    key: keyLength === noKey ? null : bytes.toString('utf8', at + 9, keyEnd),
    value: bytes.subarray(keyEnd + 4, end),
    end,
  };
}

/** `partitions` is the number now: events written under another one are dealt out anew. */
export function decodeLot(bytes: Buffer, partitions: number): LotRecord[] {
  const records: LotRecord[] = [];
  const moved: string[] = [];
  const same = bytes.readUInt32LE(0) === partitions;
  for (let at = 4; at < bytes.length;) {
    const { stream, partition, key, value, end } = recordAt(bytes, at);
    if (same || stream === 'items') records.push({ stream, partition, key, value });
    else moved.push(...unpackLines(value));
    at = end;
  }
  return moved.length === 0 ? records : [...records, ...dealOut(moved, partitions)];
}

function dealOut(lines: readonly string[], partitions: number): readonly LotRecord[] {
  const byPartition: string[][] = [];
  for (const line of lines) {
    const partition = partitionOf(profileIdOf(JSON.parse(line) as SentEvent)!, partitions);
    (byPartition[partition] ??= []).push(line);
  }
  return lotOfLines(byPartition, lines.length).records;
}
