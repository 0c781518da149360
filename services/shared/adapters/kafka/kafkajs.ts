/**
 * The only door to kafkajs 2.2.4, which is unmaintained: four of its modules are replaced before it loads: a record
 * batch's checksum and copies were a quarter of what ingest and cleaner cost (docs/benchmarks.md), and its broker pool
 * hides why brokers refuse.
 */
import { createRequire } from 'node:module';
import type * as kafkajs from 'kafkajs';
import { crc32c } from './crc32c.ts';
import { type BrokerPoolClass, frankBrokerPool } from './frank-broker-pool.ts';
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

replace('kafkajs/src/cluster/brokerPool.js', (original) => frankBrokerPool(original as BrokerPoolClass));

export const { AssignerProtocol, Kafka, KafkaJSConnectionError, KafkaJSNonRetriableError, logLevel } = load(
  'kafkajs',
) as typeof kafkajs;

/** Proves to a broker who this is, by one mechanism. */
export type SaslProvider = kafkajs.Mechanism['authenticationProvider'];

const provider = (name: string) =>
  load(`kafkajs/src/broker/saslAuthenticator/${name}.js`) as (options: kafkajs.SASLOptions) => SaslProvider;

export const saslProviders = {
  plain: provider('plain'),
  'scram-sha-256': provider('scram256'),
  'scram-sha-512': provider('scram512'),
} as const;

/** Versions of the metadata request. */
export const metadataRequests: unknown = load('kafkajs/src/protocol/requests/metadata/index.js');

export const { createErrorFromCode } = load('kafkajs/src/protocol/error.js') as {
  readonly createErrorFromCode: (code: number) => Error;
};
