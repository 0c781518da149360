/** The topics of a pipeline on Kafka, by kafkajs: created, compared, mended, removed. */
import type { Admin, DescribeConfigResponse } from 'kafkajs';
import type { TopicSettings } from '../broker.ts';
import { LikenessError } from '../errors.ts';
import type { GroupLag, TopicAdmin, TopicProblem } from '../topic-admin.ts';
import { connectAdmin, insist, kafkaSettings, type KafkaOptions, type KafkaSettings } from './kafka/client.ts';
import { connectError } from './kafka/failure.ts';
import { namingUser } from './kafka/missing-right.ts';
import { configOf, differences, type TopicConfig } from './kafka/topic-config.ts';
import { type PartitionSeen, TopicReader } from './kafka/topic-reader.ts';
import { createTopics } from './kafka/topics.ts';

/** kafkajs' number for resources that are topics. */
const topicResource = 2;
/** Kafka's number for an entry that was set on the topic itself. */
const setOnTopic = 1;

/**
 * Rejects with a retryable `BrokerUnavailable` if no broker answers within `withinMs`, `BadConfig` if it refuses this
 * client. May be kept and asked for ever; looks and measures ask for nothing but the topics that they name.
 */
export async function connectTopicAdmin(options: KafkaOptions, withinMs = 10_000): Promise<TopicAdmin> {
  const settings = kafkaSettings(options);
  const reader = new TopicReader(settings.hasty);
  const doing = `connecting to ${settings.address}`;
  await insist(doing, withinMs, () =>
    reader.connect().catch((error: unknown) => {
      throw connectError(error, doing);
    }),
  );
  const work = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    namingUser(settings.user, insist(what, withinMs, call));
  const writing = <T>(use: (admin: Admin) => Promise<T>) => withAdmin({ settings, withinMs }, use);
  const parts = { reader, work, writing };
  return {
    ensure: (topics) => ensure(parts, topics),
    check: async (topics) => (await look(parts, topics)).problems,
    remove: (topics, groups) => writing((admin) => remove(admin, work, { topics, groups })),
    lag: (of) => lag(parts, of),
    written: (topic) => written(parts, topic),
    close: () => reader.close(),
  };
}

type Work = <T>(doing: string, call: () => Promise<T>) => Promise<T>;

interface Parts {
  readonly reader: TopicReader;
  readonly work: Work;
  /** Connects a client of kafkajs for a few calls: it fails once a topic that it has met is deleted. */
  readonly writing: <T>(use: (admin: Admin) => Promise<T>) => Promise<T>;
}

async function withAdmin<T>(
  { settings, withinMs }: { readonly settings: KafkaSettings; readonly withinMs: number },
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = await connectAdmin(settings, withinMs);
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

interface Look {
  readonly missing: readonly TopicSettings[];
  /** Topics whose settings alone differ. */
  readonly differing: readonly TopicSettings[];
  /** All of it, in words. */
  readonly problems: TopicProblem[];
  /** The part that cannot be mended in place. */
  readonly lasting: TopicProblem[];
}

async function look({ reader, work }: Parts, topics: readonly TopicSettings[]): Promise<Look> {
  const seen = await work('reading metadata', () => reader.partitionsOf(topics.map(({ name }) => name)));
  const present = topics.filter(({ name }) => seen.has(name));
  const missing = topics.filter(({ name }) => !seen.has(name));
  const problems = missing.map(({ name }): TopicProblem => ({
    topic: name,
    kind: 'Missing',
    problem: 'it does not exist',
  }));
  const lasting: TopicProblem[] = [];
  const differing: TopicSettings[] = [];
  if (present.length === 0) return { missing, differing, problems, lasting };
  const names = present.map(({ name }) => name);
  const insisted = [...new Set(present.flatMap((topic) => Object.keys(configOf(topic))))];
  const settings = await work('reading topic settings', () => reader.settingsOf(names, insisted));
  for (const topic of present) {
    const shape = shapeProblem(topic, seen.get(topic.name)!);
    if (shape !== undefined) lasting.push(shape);
    const found = differences(configOf(topic), settings.get(topic.name) ?? {});
    for (const problem of found) problems.push({ topic: topic.name, kind: 'Setting', problem });
    if (found.length > 0 && shape === undefined) differing.push(topic);
  }
  return { missing, differing, problems: [...problems, ...lasting], lasting };
}

function shapeProblem(wanted: TopicSettings, partitions: readonly PartitionSeen[]): TopicProblem | undefined {
  const { name: topic } = wanted;
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

async function ensure(parts: Parts, topics: readonly TopicSettings[]): Promise<TopicProblem[]> {
  const { missing, differing, lasting } = await look(parts, topics);
  if (missing.length + differing.length === 0) return lasting;
  await parts.writing(async (admin) => {
    if (missing.length > 0) await createTopics(admin, missing);
    if (differing.length > 0) await setTopics(admin, parts.work, differing);
  });
  return lasting;
}

/** AlterConfigs replaces all that is set on a topic: what others have set there goes along. */
async function setTopics(admin: Admin, work: Work, topics: readonly TopicSettings[]): Promise<void> {
  const own = await ownSettings(admin, work, topics);
  const resources = topics.map((topic) => ({
    type: topicResource,
    name: topic.name,
    configEntries: Object.entries({ ...own.get(topic.name), ...configOf(topic) }).map(([name, value]) => ({
      name,
      value,
    })),
  }));
  await work('setting topics', () => admin.alterConfigs({ validateOnly: false, resources }));
}

async function ownSettings(
  admin: Admin,
  work: Work,
  topics: readonly TopicSettings[],
): Promise<Map<string, TopicConfig>> {
  const resources = topics.map(({ name }) => ({ type: topicResource, name }));
  const call = (): Promise<DescribeConfigResponse> => admin.describeConfigs({ resources, includeSynonyms: false });
  const answer = await work('reading topic settings', call);
  return new Map(
    answer.resources.map(({ resourceName, configEntries }) => {
      const own = configEntries.filter(({ configSource }) => Number(configSource) === setOnTopic);
      return [resourceName, Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue]))];
    }),
  );
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

async function lag({ reader, work }: Parts, { group, topic }: GroupLag): Promise<number> {
  const ranges = await work('reading offsets', () => reader.offsetsOf(topic));
  if (ranges === undefined) return 0;
  const partitions = ranges.map(({ partition }) => partition);
  const positions = await work('reading positions', () => reader.positionsOf(group, topic, partitions));
  return ranges.reduce((sum, { partition, low, high }) => {
    const position = Math.max(low, positions.get(partition) ?? 0);
    return sum + Math.max(0, high - position);
  }, 0);
}

async function written({ reader, work }: Parts, topic: string): Promise<number> {
  const ranges = (await work('reading offsets', () => reader.offsetsOf(topic))) ?? [];
  return ranges.reduce((sum, { high }) => sum + high, 0);
}
