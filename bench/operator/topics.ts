/** The topics that `topics: Existing` expects, made beforehand. */
import type { TopicSettings } from '../../services/shared/broker.ts';
import { configOf } from '../../services/shared/adapters/kafka/topic-config.ts';
import { Kafka, logLevel } from 'kafkajs';

const atOnce = 300;

export async function createTopics(address: string, topics: readonly TopicSettings[]): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.ERROR, requestTimeout: 120_000 }).admin();
  await admin.connect();
  for (let from = 0; from < topics.length; from += atOnce)
    await admin.createTopics({
      waitForLeaders: false,
      timeout: 60_000,
      topics: topics.slice(from, from + atOnce).map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: 1,
        configEntries: Object.entries(configOf(topic)).map(([name, value]) => ({ name, value })),
      })),
    });
  await admin.disconnect();
}
