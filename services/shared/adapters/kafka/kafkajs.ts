/**
 * The only door to kafkajs 2.2.4, which is unmaintained: two of its modules are replaced before it loads, because a
 * record batch's checksum and copies were a quarter of what ingest and cleaner cost (docs/benchmarks.md).
 */
import { createRequire } from 'node:module';
import type * as kafkajs from 'kafkajs';
import { crc32c } from './crc32c.ts';
import { type EncoderClass, joiningEncoder } from './joining-encoder.ts';

const load = createRequire(import.meta.url);

function replace(path: string, make: (original: unknown) => unknown): void {
  const original: unknown = load(path);
  load.cache[load.resolve(path)]!.exports = make(original);
}

replace('kafkajs/src/protocol/recordBatch/crc32C/index.js', () => crc32c);
replace('kafkajs/src/protocol/encoder.js', (original) => joiningEncoder(original as EncoderClass));

export const { AssignerProtocol, Kafka, logLevel } = load('kafkajs') as typeof kafkajs;
