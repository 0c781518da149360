/** Topics of Kafka: creating, deleting, and what they and their groups hold. */
import type { Admin, ITopicConfig } from 'kafkajs';
import type { PartitionOffsets, TopicSettings } from '../../broker.ts';
import { LikenessError } from '../../errors.ts';
import { insist } from './client.ts';
import { configOf } from './topic-config.ts';

/** Admin calls are tried for so long. */
const withinMs = 10_000;

export async function createTopics(admin: Admin, settings: readonly TopicSettings[]): Promise<void> {
  const known = new Set(await listTopics(admin));
  const missing = settings.filter(({ name }) => !known.has(name));
  if (missing.length > 0) {
    const topics = missing.map(topicConfig);
    await insist(`creating ${missing.map(({ name }) => name).join(', ')}`, withinMs, () =>
      admin.createTopics({ topics, waitForLeaders: true }),
    );
    await awaitListing(admin, (listed) => missing.every(({ name }) => listed.has(name)));
  }
  const present = settings.filter((topic) => !missing.includes(topic));
  if (present.length > 0) await checkPartitions(admin, present);
}

function topicConfig(settings: TopicSettings): ITopicConfig {
  return {
    topic: settings.name,
    numPartitions: settings.partitions,
    replicationFactor: settings.replicationFactor ?? -1,
    configEntries: Object.entries(configOf(settings)).map(([name, value]) => ({ name, value })),
  };
}

async function checkPartitions(admin: Admin, settings: readonly TopicSettings[]): Promise<void> {
  const names = settings.map(({ name }) => name);
  const { topics } = await insist(`looking at ${names.join(', ')}`, withinMs, () =>
    admin.fetchTopicMetadata({ topics: names }),
  );
  for (const { name, partitions } of settings) {
    const actual = topics.find((topic) => topic.name === name)?.partitions.length;
    if (actual === partitions) continue;
    throw new LikenessError(
      'BadConfig',
      `Topic ${name} has ${actual} partitions, ${partitions} are asked for; ` +
        'partitions never change in place: raise the epoch, which makes new topics.',
    );
  }
}

export async function deleteTopics(admin: Admin, names: readonly string[]): Promise<void> {
  for (const name of names) await requireTopic(admin, name);
  await insist(`deleting ${names.join(', ')}`, withinMs, () => admin.deleteTopics({ topics: [...names] }));
  await awaitListing(admin, (listed) => !names.some((name) => listed.has(name)));
}

export async function fetchOffsets(admin: Admin, topic: string): Promise<PartitionOffsets[]> {
  await requireTopic(admin, topic);
  const offsets = await insist(`reading the offsets of ${topic}`, withinMs, () => admin.fetchTopicOffsets(topic));
  return offsets
    .map(({ partition, low, high }) => ({ partition, low: Number(low), high: Number(high) }))
    .toSorted((a, b) => a.partition - b.partition);
}

export async function fetchCommitted(admin: Admin, group: string, topic: string): Promise<Map<number, number>> {
  await requireTopic(admin, topic);
  const work = () => admin.fetchOffsets({ groupId: group, topics: [topic] });
  const [found] = await insist(`reading the position of group ${group} in ${topic}`, withinMs, work);
  const positions = (found?.partitions ?? []).map(({ partition, offset }): [number, number] => [
    partition,
    Number(offset),
  ]);
  return new Map(positions.filter(([, offset]) => offset >= 0));
}

/** kafkajs asks for an unknown topic again and again, and keeps it among those it asks for: look first. */
async function requireTopic(admin: Admin, topic: string): Promise<void> {
  if ((await listTopics(admin)).includes(topic)) return;
  throw new LikenessError('NotFound', `There is no topic ${topic}; create it first.`);
}

/** The controller has answered; the brokers learn of it a moment later. */
async function awaitListing(admin: Admin, isDone: (listed: ReadonlySet<string>) => boolean): Promise<void> {
  await insist('waiting for topics', withinMs, async () => {
    if (isDone(new Set(await admin.listTopics()))) return;
    throw new LikenessError('BrokerUnavailable', 'The brokers do not know of the change yet.', { retryable: true });
  });
}

function listTopics(admin: Admin): Promise<string[]> {
  return insist('listing topics', withinMs, () => admin.listTopics());
}
