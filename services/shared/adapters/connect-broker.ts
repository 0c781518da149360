/** Chooses the event log: Kafka where an address is given, else the embedded log in the data folder. */
import { join } from 'node:path';
import type { Broker } from '../broker.ts';
import type { KafkaConnection } from '../connections.ts';
import { LikenessError } from '../errors.ts';
import { connectKafka } from './kafka-broker.ts';

export interface BrokerAddress {
  /** As text: bootstrap servers that want neither TLS nor authentication. */
  readonly kafka?: KafkaConnection | string | undefined;
  /** The embedded log lies in its folder `log`. */
  readonly dataDir?: string | undefined;
  /** Names this process in the broker's logs and metrics. */
  readonly clientId: string;
  readonly sessionTimeoutMs?: number | undefined;
}

/**
 * Rejects with `BadConfig` if there is neither or Kafka refuses this client, with a retryable `BrokerUnavailable` if it
 * does not answer.
 */
export async function connectBroker({ kafka, dataDir, clientId, sessionTimeoutMs }: BrokerAddress): Promise<Broker> {
  if (kafka) {
    const connection = typeof kafka === 'string' ? { address: kafka } : kafka;
    return connectKafka({ ...connection, clientId, ...(sessionTimeoutMs && { sessionTimeoutMs }) });
  }
  if (dataDir) {
    // Who speaks to Kafka alone has no use for LMDB, which takes 10 MB.
    const { openEmbeddedBroker } = await import('./embedded-broker.ts');
    return openEmbeddedBroker(join(dataDir, 'log'));
  }
  throw new LikenessError('BadConfig', 'Neither a Kafka address nor a data folder is given; give one of them.');
}
