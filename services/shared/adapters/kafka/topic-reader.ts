/**
 * What brokers say of single topics, asked as the protocol has it. kafkajs' own admin asks for every topic of the
 * cluster before most questions, goes on asking for each that it has met, and fails once one of them is gone; with
 * thousands of pipelines on one Kafka that is most of an operator's work.
 */
import type { Kafka } from 'kafkajs';
import { createErrorFromCode, metadataRequests } from './kafkajs.ts';

export interface PartitionSeen {
  readonly partition: number;
  /** Number of a broker. */
  readonly leader: number;
  readonly replicas: readonly number[];
}

export interface OffsetRange {
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

interface Protocol {
  readonly request: unknown;
  readonly response: { readonly decode: unknown; readonly parse: unknown };
}

interface TopicAnswer {
  readonly topic: string;
  readonly topicErrorCode: number;
  readonly partitionMetadata: readonly {
    readonly partitionErrorCode: number;
    readonly partitionId: number;
    readonly leader: number;
    readonly replicas: readonly number[];
  }[];
}

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  }[];
}

/** kafkajs' Broker, as far as it is used here. */
interface Node {
  readonly connectionPool: { send(protocol: Protocol): Promise<unknown> };
  lookupRequest(apiKey: number, versions: unknown): (request: object) => Protocol;
  listOffsets(request: object): Promise<OffsetsAnswer>;
  offsetFetch(request: object): Promise<OffsetsAnswer>;
  describeConfigs(request: object): Promise<ConfigsAnswer>;
}

interface ConfigsAnswer {
  readonly resources: readonly {
    readonly resourceName: string;
    readonly configEntries: readonly { readonly configName: string; readonly configValue: string }[];
  }[];
}

interface BrokersMetadata {
  readonly topicMetadata: readonly unknown[];
}

/** kafkajs' Cluster. */
interface Cluster {
  readonly brokerPool: { metadata: BrokersMetadata | null; findConnectedBroker(): Promise<Node> };
  connect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(at: { nodeId: number }): Promise<Node>;
  findGroupCoordinator(of: { groupId: string }): Promise<Node>;
  disconnect(): Promise<void>;
}

const metadataKey = 3;
const unknownTopic = 3;
const topicResource = 2;
const times = { low: '-2', high: '-1' };

export class TopicReader {
  readonly #cluster: Cluster;

  constructor(kafka: Kafka) {
    this.#cluster = clusterOf(kafka);
    forgetTopics(this.#cluster.brokerPool);
  }

  /** To be called first. Asks for all topics this once, which is how kafkajs learns of the brokers. */
  async connect(): Promise<void> {
    await this.#cluster.connect();
    await this.#cluster.refreshMetadata();
  }

  close(): Promise<void> {
    return this.#cluster.disconnect();
  }

  /** Without those that do not exist. Creates none, whatever the broker is set to. */
  async partitionsOf(topics: readonly string[]): Promise<Map<string, readonly PartitionSeen[]>> {
    const node = await this.#cluster.brokerPool.findConnectedBroker();
    const protocol = node.lookupRequest(metadataKey, metadataRequests)({ topics, allowAutoTopicCreation: false });
    // The usual parse throws away the whole answer when one topic is missing.
    const parse = (answer: unknown): Promise<unknown> => Promise.resolve(answer);
    const answer = await node.connectionPool.send({ ...protocol, response: { ...protocol.response, parse } });
    const { topicMetadata } = answer as { topicMetadata: readonly TopicAnswer[] };
    const found = topicMetadata.filter(({ topicErrorCode }) => topicErrorCode !== unknownTopic);
    return new Map(found.map((each) => [each.topic, partitionsIn(each)]));
  }

  /** Values of these settings, by topic. */
  async settingsOf(topics: readonly string[], names: readonly string[]): Promise<Map<string, Record<string, string>>> {
    const node = await this.#cluster.brokerPool.findConnectedBroker();
    const resources = topics.map((name) => ({ type: topicResource, name, configNames: names }));
    const answer = await node.describeConfigs({ resources, includeSynonyms: false });
    return new Map(
      answer.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  }

  /** The first offset of each partition, and the one after the last; undefined where there is no such topic. */
  async offsetsOf(topic: string): Promise<OffsetRange[] | undefined> {
    const partitions = (await this.partitionsOf([topic])).get(topic);
    if (partitions === undefined) return undefined;
    const leaders = Map.groupBy(partitions, ({ leader }) => leader);
    const ranges: OffsetRange[] = [];
    for (const [nodeId, led] of leaders) {
      const node = await this.#cluster.findBroker({ nodeId });
      const [low, high] = [await offsetsAt(node, topic, led, times.low), await offsetsAt(node, topic, led, times.high)];
      for (const { partition } of led)
        ranges.push({ partition, low: low.get(partition) ?? 0, high: high.get(partition) ?? 0 });
    }
    return ranges;
  }

  /** Where a group is, by partition; -1 where it never was. */
  async positionsOf(groupId: string, topic: string, partitions: readonly number[]): Promise<Map<number, number>> {
    const node = await this.#cluster.findGroupCoordinator({ groupId });
    const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
    return offsetsIn(await node.offsetFetch({ groupId, topics }));
  }
}

/** kafkajs keeps its making of clusters under a symbol of its own. */
function clusterOf(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description?.endsWith(':createCluster'));
  const create = Reflect.get(kafka, symbol!) as (options: object) => Cluster;
  return create({ allowAutoTopicCreation: false });
}

/** What kafkajs hears of every topic it keeps for ever, some kilobytes a pipeline; here nobody asks it for that. */
export function forgetTopics(pool: Pick<Cluster['brokerPool'], 'metadata'>): void {
  let kept: BrokersMetadata | null = pool.metadata;
  Object.defineProperty(pool, 'metadata', {
    get: () => kept,
    set: (heard: BrokersMetadata | null) => {
      kept = heard && { ...heard, topicMetadata: [] };
    },
  });
}

function partitionsIn({ topic, topicErrorCode, partitionMetadata }: TopicAnswer): PartitionSeen[] {
  if (topicErrorCode !== 0) throw named(topic, topicErrorCode);
  return partitionMetadata.map(({ partitionErrorCode, partitionId: partition, leader, replicas }) => {
    if (leader < 0) throw named(topic, partitionErrorCode);
    return { partition, leader, replicas };
  });
}

/** With the topic's name, which brokers leave out. */
function named(topic: string, code: number): Error {
  const error = createErrorFromCode(code);
  error.message = `topic ${topic}: ${error.message}`;
  return error;
}

async function offsetsAt(node: Node, topic: string, partitions: readonly PartitionSeen[], timestamp: string) {
  const asked = partitions.map(({ partition }) => ({ partition, timestamp }));
  return offsetsIn(await node.listOffsets({ topics: [{ topic, partitions: asked }] }));
}

const offsetsIn = ({ responses }: OffsetsAnswer): Map<number, number> =>
  new Map(
    responses.flatMap(({ partitions }) =>
      partitions.map(({ partition, offset }) => [partition, Number(offset)] as const),
    ),
  );
