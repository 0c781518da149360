/** The Broker contract on real Kafka. */
import { Kafka, logLevel } from 'kafkajs';
import { inject } from 'vitest';
import { connectKafka } from '../../services/shared/adapters/kafka-broker.ts';
import type { BrokerHarness } from './broker-world.ts';
import { brokerContract } from './broker.ts';

brokerContract('Kafka by kafkajs', async (): Promise<BrokerHarness> => {
  const address = inject('kafka');
  const kafka = new Kafka({ clientId: 'harness', brokers: [address], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  return {
    address: { kafka: address, clientId: 'child', sessionTimeoutMs: 2_000 },
    open: () => connectKafka({ address, clientId: 'contract', sessionTimeoutMs: 3_000, maxWaitMs: 100 }),
    appendThenGap: async (topic, values) => {
      const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      const kept = await producer.transaction();
      await kept.send({ topic, messages: values.map((value) => ({ partition: 0, key: value, value })) });
      await kept.commit();
      const lost = await producer.transaction();
      await lost.send({ topic, messages: [{ partition: 0, key: 'lost', value: 'lost' }] });
      await lost.abort();
      await producer.disconnect();
    },
    expire: async (topic) => {
      await admin.fetchTopicMetadata({ topics: [topic] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '-1' }] });
    },
    close: () => admin.disconnect(),
  };
});
