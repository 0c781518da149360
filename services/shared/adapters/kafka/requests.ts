/** Cuts the sends that wait into produce requests: as much as fits, never past what a broker takes. */
import type { Message, TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';

/** A call of `send`; `taken` of its records are in requests already. */
export interface WaitingSend {
  readonly topic: string;
  readonly records: readonly OutgoingRecord[];
  taken: number;
}

/**
 * A broker takes a batch of at most 1 MB a partition (message.max.bytes) and refuses a larger one for ever. A single
 * record may be larger than this bound, up to maxRecordBytes.
 */
const maxPartitionBytes = 512 * 1024;
const maxRecordBytes = 1_000_000;
/** kafkajs groups records by partition in quadratic time. */
const maxRecords = 2_000;
const maxRequestBytes = 4 * 1024 * 1024;
/** Framing of a record. */
const overhead = 32;

const sizeOf = ({ key, value }: OutgoingRecord): number =>
  overhead + (key ? Buffer.byteLength(key) : 0) + (value?.length ?? 0);

/** Throws BadData for a record that no broker would take. */
export function checkSizes(topic: string, records: readonly OutgoingRecord[]): void {
  const large = records.find((record) => sizeOf(record) > maxRecordBytes);
  if (!large) return;
  const message = `A record of ${sizeOf(large)} bytes for ${topic} is larger than the ${maxRecordBytes} that fit; cut it.`;
  throw new LikenessError('BadData', message);
}

/** The next request, in the order of the calls; takes its records off `waiting`. */
export function nextRequest(waiting: readonly WaitingSend[]): TopicMessages[] {
  const messages = new Map<string, Message[]>();
  const filled = new Map<string, number>();
  let count = 0;
  let bytes = 0;
  for (const send of waiting) {
    for (; send.taken < send.records.length; send.taken++) {
      const record = send.records[send.taken]!;
      const size = sizeOf(record);
      const slot = `${send.topic}/${record.partition}`;
      const inPartition = filled.get(slot) ?? 0;
      const isFull = count >= maxRecords || bytes + size > maxRequestBytes;
      if (isFull || (inPartition > 0 && inPartition + size > maxPartitionBytes)) return asRequest(messages);
      filled.set(slot, inPartition + size);
      count++;
      bytes += size;
      const list = messages.get(send.topic) ?? [];
      messages.set(send.topic, list);
      list.push(asMessage(record));
    }
  }
  return asRequest(messages);
}

function asMessage({ partition, key, value }: OutgoingRecord): Message {
  const bytes = value && Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { partition, key: key ?? null, value: bytes };
}

function asRequest(messages: ReadonlyMap<string, Message[]>): TopicMessages[] {
  return [...messages].map(([topic, list]) => ({ topic, messages: list }));
}
