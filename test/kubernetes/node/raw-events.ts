/** What lies in a topic of events. */
import { Kafka, logLevel } from 'kafkajs';
import { unpackLines } from '../../../services/shared/record.ts';

/** Ids of the events from the beginning to what is now the end; one that lies there twice is there twice. */
export async function readIds(address: string, topic: string): Promise<string[]> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)] as const);
  await admin.disconnect();
  const open = new Map(ends.filter(([, high]) => high > 0));
  const ids: string[] = [];
  if (open.size === 0) return ids;
  const consumer = kafka.consumer({ groupId: `read-${topic}-${Date.now()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({ partition, message }: Received): Promise<void> => {
      const end = open.get(partition);
      if (end !== undefined && Number(message.offset) < end) ids.push(...idsIn(message.value));
      if (end !== undefined && Number(message.offset) >= end - 1) open.delete(partition);
      if (open.size === 0) resolve();
      return Promise.resolve();
    };
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return ids;
}

interface Received {
  readonly partition: number;
  readonly message: { readonly offset: string; readonly value: Buffer | null };
}

const idsIn = (value: Buffer | null): string[] =>
  value === null ? [] : unpackLines(value).map((line) => (JSON.parse(line) as { id: string }).id);
