/** kafkajs' record batch (magic 2), written into one encoder: the original joins, and so copies, all records twice. */
import { crc32c } from './crc32c.ts';
import type { KafkaEncoder, PiecewiseEncoder } from './joining-encoder.ts';

/** What kafkajs 2.2.4 gives its RecordBatch (src/protocol/recordBatch/v0/index.js). */
export interface BatchParts {
  /** 0: none. */
  readonly compression?: number;
  readonly firstOffset?: number;
  readonly firstTimestamp?: number;
  readonly maxTimestamp?: number;
  readonly partitionLeaderEpoch?: number;
  readonly lastOffsetDelta?: number;
  readonly transactional?: boolean;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly firstSequence?: number;
  readonly records?: readonly KafkaEncoder[];
}

export type RecordBatch = (parts: BatchParts) => Promise<KafkaEncoder>;

const magic = 2;
const transactionalMask = 16;

/** Compressed batches stay the original's. */
export function joiningRecordBatch(original: RecordBatch, Encoder: new () => PiecewiseEncoder): RecordBatch {
  return async (parts) => {
    const { compression = 0, firstOffset = 0, partitionLeaderEpoch = 0 } = parts;
    if (compression !== 0) return original(parts);
    const body = encodeBody(new Encoder(), parts);
    const checksum = body.pieces().reduce((crc, piece) => crc32c(piece, crc), 0);
    const batch = new Encoder()
      .writeInt32(partitionLeaderEpoch)
      .writeInt8(magic)
      .writeUInt32(checksum)
      .writeEncoder(body);
    return new Encoder().writeInt64(firstOffset).writeInt32(batch.size()).writeEncoder(batch);
  };
}

function encodeBody<E extends KafkaEncoder>(encoder: E, parts: BatchParts): E {
  const { records = [], firstTimestamp = Date.now(), maxTimestamp = Date.now() } = parts;
  return encoder
    .writeInt16(parts.transactional ? transactionalMask : 0)
    .writeInt32(parts.lastOffsetDelta ?? 0)
    .writeInt64(firstTimestamp)
    .writeInt64(maxTimestamp)
    .writeInt64(parts.producerId ?? -1)
    .writeInt16(parts.producerEpoch ?? 0)
    .writeInt32(parts.firstSequence ?? 0)
    .writeInt32(records.length)
    .writeEncoderArray(records);
}
