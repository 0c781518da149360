/**
 * The only door to kafkajs 2.2.4, which is unmaintained: three of its modules are replaced before it loads, because a
 * record batch's checksum and copies were a quarter of what ingest and cleaner cost (docs/benchmarks.md).
 */
import { createRequire } from 'node:module';
import type * as kafkajs from 'kafkajs';
import { crc32c } from './crc32c.ts';
import { type EncoderClass, joiningEncoder, type PiecewiseEncoder } from './joining-encoder.ts';
import { joiningRecordBatch, type RecordBatch } from './record-batch.ts';

const load = createRequire(import.meta.url);

function replace(path: string, make: (original: unknown) => unknown): void {
  const original: unknown = load(path);
  load.cache[load.resolve(path)]!.exports = make(original);
}

replace('kafkajs/src/protocol/recordBatch/crc32C/index.js', () => crc32c);
replace('kafkajs/src/protocol/encoder.js', (original) => joiningEncoder(original as EncoderClass));
replace('kafkajs/src/protocol/recordBatch/v0/index.js', (original) => {
  const module = original as { readonly RecordBatch: RecordBatch };
  const Encoder = load('kafkajs/src/protocol/encoder.js') as new () => PiecewiseEncoder;
  return { ...module, RecordBatch: joiningRecordBatch(module.RecordBatch, Encoder) };
});

export const { AssignerProtocol, Kafka, logLevel } = load('kafkajs') as typeof kafkajs;
