/** What the Kafka adapter does while the broker is away, and when the log is cut under a consumer. */
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectKafka } from '../../services/shared/adapters/kafka-broker.ts';
import type { Broker, BrokerRecord } from '../../services/shared/broker.ts';
import { freePort } from '../../operator/local/free-port.ts';
import { startKafka, type RunningKafka } from '../testbed/kafka.ts';
import { unique } from '../testbed/unique.ts';

const patience = { timeout: 60_000, interval: 50 };
const text = ({ value }: BrokerRecord): string => Buffer.from(value!).toString();
const fatal: unknown[] = [];
const onFatal = (error: unknown) => void fatal.push(error);

let kafka: RunningKafka;
let broker: Broker;
let topic: string;

beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());
afterEach(async () => {
  await broker.close();
  expect(fatal.splice(0)).toEqual([]);
});

async function open(): Promise<void> {
  broker = await connectKafka({
    address: kafka.address,
    clientId: 'outage',
    sessionTimeoutMs: 3_000,
    deliveryTimeoutMs: 1_500,
    maxWaitMs: 100,
  });
  topic = unique('outage');
  await broker.createTopics([{ name: topic, partitions: 1 }]);
}

const recordOf = (value: string) => [{ partition: 0, value: Buffer.from(value) }];

describe('while Kafka is away', () => {
  it('a send rejects retryably after the delivery timeout, and later sends work in order', async () => {
    await open();
    const producer = await broker.producer();
    await producer.send(topic, recordOf('before'));
    await kafka.kill();
    const lost = [producer.send(topic, recordOf('lost 1')), producer.send(topic, recordOf('lost 2'))];
    for (const send of lost) {
      await expect(send).rejects.toMatchObject({ code: 'BrokerUnavailable', retryable: true });
    }
    await kafka.restart();
    await vi.waitFor(() => producer.send(topic, recordOf('after 1')), patience);
    await producer.send(topic, recordOf('after 2'));
    const seen: string[] = [];
    for await (const records of broker.read({ topic, partition: 0, from: 0, to: Infinity }))
      seen.push(...records.map(text));
    expect(seen[0]).toBe('before');
    expect(seen.slice(-2)).toEqual(['after 1', 'after 2']);
  });

  it('consumers and followers wait, and go on where they were; the committed position stands', async () => {
    await open();
    const producer = await broker.producer();
    const consumed: string[] = [];
    const followed: string[] = [];
    const consumer = await broker.consume({
      group: topic,
      topics: [topic],
      onFatal,
      onBatch: async ({ partition, records }) => {
        consumed.push(...records.map(text));
        await consumer.commit(topic, partition, records.at(-1)!.offset + 1);
      },
    });
    await broker.follow({ topic, onFatal, onRecords: (_, records) => void followed.push(...records.map(text)) });
    await producer.send(topic, recordOf('before'));
    await vi.waitFor(() => expect([consumed, followed]).toEqual([['before'], ['before']]), patience);
    await kafka.restart();
    await vi.waitFor(() => producer.send(topic, recordOf('after')), patience);
    await vi.waitFor(() => expect([consumed.at(-1), followed.at(-1)]).toEqual(['after', 'after']), patience);
    await vi.waitFor(async () => {
      const { high } = (await broker.offsets(topic))[0]!;
      expect(await broker.committed(topic, topic)).toEqual(new Map([[0, high]]));
    }, patience);
    expect(new Set(followed)).toEqual(new Set(['before', 'after']));
  });

  it('everything can be closed', async () => {
    await open();
    await broker.producer();
    await broker.consume({ group: topic, topics: [topic], onFatal, onBatch: async () => {} });
    await kafka.kill();
    await broker.close();
    await kafka.restart();
  });

  it('connecting rejects retryably', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const connecting = connectKafka({ address, clientId: 'nobody', deliveryTimeoutMs: 500 });
    await expect(connecting).rejects.toMatchObject({ code: 'BrokerUnavailable', retryable: true });
  });
});

describe('a log that is cut under a consumer', () => {
  it('ends with LogGap, where kafkajs would start elsewhere without a word', async () => {
    await open();
    const producer = await broker.producer();
    for (let index = 0; index < 20; index++) {
      await producer.send(topic, [{ partition: 0, value: Buffer.alloc(10_000, index) }]);
    }
    const failed = vi.fn();
    const seen: number[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const consumer = await broker.consume({
      group: topic,
      topics: [topic],
      maxBytesPerPartition: 10_000,
      onFatal: failed,
      onBatch: async ({ records }) => {
        seen.push(...records.map(({ offset }) => offset));
        await released;
      },
    });
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), patience);
    await consumer.commit(topic, 0, 1);
    await cutLog(topic, 15);
    release();
    await vi.waitFor(() => expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'LogGap' })), patience);
    expect(Math.max(...seen)).toBeLessThan(15);
    await consumer.close();
    // The gap must not be forgotten: whoever starts again without repairing it is stopped again.
    expect(await broker.committed(topic, topic)).toEqual(new Map([[0, 1]]));
  });
});

async function cutLog(name: string, before: number): Promise<void> {
  const admin = new Kafka({ clientId: 'cutter', brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.fetchTopicMetadata({ topics: [name] });
  await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: String(before) }] });
  await admin.disconnect();
}
