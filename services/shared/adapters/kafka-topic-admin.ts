/** The topics of a pipeline on Kafka, by kafkajs: created, compared, mended, removed. */
import type { Admin, DescribeConfigResponse, ITopicMetadata } from 'kafkajs';
import type { TopicSettings } from '../broker.ts';
import { LikenessError } from '../errors.ts';
import type { GroupLag, TopicAdmin, TopicProblem } from '../topic-admin.ts';
import { connectAdmin, insist, kafkaSettings, type KafkaOptions } from './kafka/client.ts';
import { namingUser } from './kafka/missing-right.ts';
import { configOf, differences, type TopicConfig } from './kafka/topic-config.ts';
import { createTopics } from './kafka/topics.ts';

/** kafkajs' number for resources that are topics. */
const topicResource = 2;
/** Kafka's number for an entry that was set on the topic itself. */
const setOnTopic = 1;

/**
 * Rejects with a retryable `BrokerUnavailable` if no broker answers within `withinMs`, `BadConfig` if it refuses this
 * client. For a few calls, not for ever: kafkajs goes on asking for every topic that it has met, and fails once one of
 * them is deleted.
 */
export async function connectTopicAdmin(options: KafkaOptions, withinMs = 10_000): Promise<TopicAdmin> {
  const settings = kafkaSettings(options);
  const admin = await connectAdmin(settings, withinMs);
  const work = <T>(doing: string, call: () => Promise<T>): Promise<T> =>
    namingUser(settings.user, insist(doing, withinMs, call));
  return {
    ensure: (topics) => ensure(admin, work, topics),
    check: async (topics) => (await look(admin, work, topics)).problems,
    remove: (topics, groups) => remove(admin, work, { topics, groups }),
    lag: (of) => lag(admin, work, of),
    written: (topic) => written(admin, work, topic),
    close: () => admin.disconnect(),
  };
}

type Work = <T>(doing: string, call: () => Promise<T>) => Promise<T>;

interface Look {
  readonly missing: readonly TopicSettings[];
  /** Topics whose settings alone differ, with everything that is set on them. */
  readonly differing: readonly { readonly topic: TopicSettings; readonly own: TopicConfig }[];
  /** All of it, in words. */
  readonly problems: TopicProblem[];
  /** The part that cannot be mended in place. */
  readonly lasting: TopicProblem[];
}

async function look(admin: Admin, work: Work, topics: readonly TopicSettings[]): Promise<Look> {
  const listed = new Set(await work('listing topics', () => admin.listTopics()));
  const present = topics.filter(({ name }) => listed.has(name));
  const missing = topics.filter(({ name }) => !listed.has(name));
  const problems = missing.map(({ name }): TopicProblem => ({
    topic: name,
    kind: 'Missing',
    problem: 'it does not exist',
  }));
  const lasting: TopicProblem[] = [];
  const differing: { topic: TopicSettings; own: TopicConfig }[] = [];
  if (present.length === 0) return { missing, differing, problems, lasting };
  const names = present.map(({ name }) => name);
  const { topics: metadata } = await work('reading metadata', () => admin.fetchTopicMetadata({ topics: names }));
  const configs = await readConfigs(admin, work, names);
  for (const topic of present) {
    const shape = shapeProblem(topic, metadata);
    if (shape !== undefined) lasting.push(shape);
    const { all, own } = configs.get(topic.name) ?? { all: {}, own: {} };
    const found = differences(configOf(topic), all);
    for (const problem of found) problems.push({ topic: topic.name, kind: 'Setting', problem });
    if (found.length > 0 && shape === undefined) differing.push({ topic, own });
  }
  return { missing, differing, problems: [...problems, ...lasting], lasting };
}

function shapeProblem(wanted: TopicSettings, metadata: readonly ITopicMetadata[]): TopicProblem | undefined {
  const { name: topic } = wanted;
  const partitions = metadata.find(({ name }) => name === topic)?.partitions ?? [];
  if (partitions.length !== wanted.partitions)
    return {
      topic,
      kind: 'Partitions',
      problem: `it has ${partitions.length} partitions, ${wanted.partitions} are wanted; partitions never change in place, because that would move profiles between them`,
    };
  const copies = partitions[0]?.replicas.length;
  if (wanted.replicationFactor === undefined || copies === wanted.replicationFactor) return undefined;
  return {
    topic,
    kind: 'Replicas',
    problem: `it has ${copies} replicas, ${wanted.replicationFactor} are wanted; reassign them with Kafka's own tools`,
  };
}

interface Configs {
  readonly all: TopicConfig;
  readonly own: TopicConfig;
}

async function readConfigs(admin: Admin, work: Work, names: readonly string[]): Promise<Map<string, Configs>> {
  const resources = names.map((name) => ({ type: topicResource, name }));
  const call = (): Promise<DescribeConfigResponse> => admin.describeConfigs({ resources, includeSynonyms: false });
  const answer = await work('reading topic settings', call);
  return new Map(
    answer.resources.map(({ resourceName, configEntries }) => {
      const pairs = configEntries.map(({ configName, configValue }) => [configName, configValue] as const);
      const own = configEntries.filter(({ configSource }) => Number(configSource) === setOnTopic);
      return [resourceName, { all: Object.fromEntries(pairs), own: ownOf(own) }];
    }),
  );
}

const ownOf = (entries: readonly { configName: string; configValue: string }[]): TopicConfig =>
  Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));

async function ensure(admin: Admin, work: Work, topics: readonly TopicSettings[]): Promise<TopicProblem[]> {
  const { missing, differing, lasting } = await look(admin, work, topics);
  if (missing.length > 0) await createTopics(admin, missing);
  if (differing.length > 0) {
    // AlterConfigs replaces all that is set on a topic: what others have set there goes along.
    const resources = differing.map(({ topic, own }) => ({
      type: topicResource,
      name: topic.name,
      configEntries: Object.entries({ ...own, ...configOf(topic) }).map(([name, value]) => ({ name, value })),
    }));
    await work('setting topics', () => admin.alterConfigs({ validateOnly: false, resources }));
  }
  return lasting;
}

async function remove(
  admin: Admin,
  work: Work,
  { topics, groups }: { topics: readonly string[]; groups: readonly string[] },
): Promise<void> {
  await removeGroups(admin, work, groups);
  const listed = new Set(await work('listing topics', () => admin.listTopics()));
  const present = topics.filter((name) => listed.has(name));
  if (present.length > 0) await work('deleting topics', () => admin.deleteTopics({ topics: present }));
}

async function removeGroups(admin: Admin, work: Work, groups: readonly string[]): Promise<void> {
  const known = new Set((await work('listing groups', () => admin.listGroups())).groups.map(({ groupId }) => groupId));
  const left = groups.filter((group) => known.has(group));
  if (left.length === 0) return;
  await admin.deleteGroups([...left]).catch((cause: unknown) => {
    const message = `Groups ${left.join(', ')} cannot be deleted yet: their members have not left.`;
    throw new LikenessError('BrokerUnavailable', message, { retryable: true, cause });
  });
}

async function lag(admin: Admin, work: Work, { group, topic }: GroupLag): Promise<number> {
  if (!(await work('listing topics', () => admin.listTopics())).includes(topic)) return 0;
  const ends = await work('reading offsets', () => admin.fetchTopicOffsets(topic));
  const [found] = await work('reading positions', () => admin.fetchOffsets({ groupId: group, topics: [topic] }));
  const positions = new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  return ends.reduce((sum, { partition, low, high }) => {
    const position = Math.max(Number(low), positions.get(partition) ?? 0);
    return sum + Math.max(0, Number(high) - position);
  }, 0);
}

async function written(admin: Admin, work: Work, topic: string): Promise<number> {
  if (!(await work('listing topics', () => admin.listTopics())).includes(topic)) return 0;
  const ends = await work('reading offsets', () => admin.fetchTopicOffsets(topic));
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}
