/** The topics of a pipeline on real Kafka: created, mended, compared, removed. */
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { connectTopicAdmin } from '../../services/shared/adapters/kafka-topic-admin.ts';
import type { TopicSettings } from '../../services/shared/broker.ts';
import type { TopicAdmin } from '../../services/shared/topic-admin.ts';
import { unique } from '../testbed/unique.ts';

const kafka = new Kafka({ clientId: 'harness', brokers: [inject('kafka')], logLevel: logLevel.NOTHING });
const raw = kafka.admin();
let admin: TopicAdmin;

beforeAll(() => raw.connect());
afterAll(() => raw.disconnect());
beforeEach(async () => {
  admin = await connectTopicAdmin({ address: inject('kafka'), clientId: 'operator' });
});
afterEach(() => admin.close());

const settings = (over: Partial<TopicSettings> = {}): TopicSettings => ({
  name: unique('admin'),
  partitions: 2,
  replicationFactor: 1,
  minInsyncReplicas: 1,
  retentionMs: 3_600_000,
  ...over,
});

async function configOf(name: string): Promise<Record<string, string>> {
  const query = { resources: [{ type: 2, name }], includeSynonyms: false };
  const { resources } = await raw.describeConfigs(query);
  return Object.fromEntries(resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]));
}

const set = (name: string, configEntries: { name: string; value: string }[]) =>
  raw.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] });

test('ensure creates a topic as it is wanted, and then finds nothing to do', async () => {
  const topic = settings();
  expect(await admin.check([topic])).toEqual([{ topic: topic.name, kind: 'Missing', problem: 'it does not exist' }]);
  expect(await admin.ensure([topic])).toEqual([]);
  expect(await configOf(topic.name)).toMatchObject({
    'message.timestamp.type': 'LogAppendTime',
    'cleanup.policy': 'delete',
    'retention.ms': '3600000',
    'min.insync.replicas': '1',
  });
  expect(await admin.check([topic])).toEqual([]);
  expect(await admin.ensure([topic])).toEqual([]);
});

test('ensure mends a setting and leaves what others have set', async () => {
  const topic = settings({ compacted: true });
  await admin.ensure([topic]);
  await set(topic.name, [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'max.message.bytes', value: '123456' },
  ]);
  const problems = await admin.check([topic]);
  expect(problems.map(({ problem }) => problem)).toContain('cleanup.policy is delete, compact is wanted');
  await admin.ensure([topic]);
  expect(await configOf(topic.name)).toMatchObject({
    'cleanup.policy': 'compact',
    'retention.ms': '3600000',
    'max.message.bytes': '123456',
  });
  expect(await admin.check([topic])).toEqual([]);
});

test('other partitions are a problem that nobody mends, and nothing else of the topic is touched', async () => {
  const topic = settings();
  await admin.ensure([topic]);
  const [problem, ...others] = await admin.ensure([{ ...topic, partitions: 5, retentionMs: 7_200_000 }]);
  expect(others).toEqual([]);
  expect(problem).toEqual({
    topic: topic.name,
    kind: 'Partitions',
    problem: expect.stringContaining('2 partitions, 5 are wanted'),
  });
  expect(await configOf(topic.name)).toMatchObject({ 'retention.ms': '3600000' });
});

test('lag counts what a group has not passed, and remove takes topics and groups', async () => {
  const topic = settings();
  const group = unique('group');
  expect(await admin.lag({ group, topic: topic.name })).toBe(0);
  await admin.ensure([topic]);
  const producer = kafka.producer();
  await producer.connect();
  const messages = [0, 0, 0, 1].map((partition) => ({ partition, value: 'x' }));
  await producer.send({ topic: topic.name, messages });
  await producer.disconnect();
  expect(await admin.lag({ group, topic: topic.name })).toBe(4);
  await raw.setOffsets({ groupId: group, topic: topic.name, partitions: [{ partition: 0, offset: '2' }] });
  expect(await admin.lag({ group, topic: topic.name })).toBe(2);
  await admin.remove([topic.name, 'never.was'], [group, 'never-was']);
  // A client that has not met the topic: kafkajs fails on topics that it has met and that are gone.
  const fresh = kafka.admin();
  await fresh.connect();
  expect(await fresh.listTopics()).not.toContain(topic.name);
  expect((await fresh.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(group);
  await fresh.disconnect();
});

test('an address where nobody answers is said with the address', async () => {
  const connecting = connectTopicAdmin({ address: '127.0.0.1:1', clientId: 'operator' }, 500);
  await expect(connecting).rejects.toMatchObject({ code: 'BrokerUnavailable', message: /127\.0\.0\.1:1/ });
});
