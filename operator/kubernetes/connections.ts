/** How a pipeline's Kafka and Redis are reached from the operator: with the pipeline's own Secrets, read when needed. */
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectTopicAdmin } from '../../services/shared/adapters/kafka-topic-admin.ts';
import type {
  KafkaConnection,
  RedisConnection,
  SaslMechanism,
  TlsSettings,
} from '../../services/shared/connections.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { featureTags } from '../../services/shared/active-features.ts';
import { monitorTag } from '../../services/shared/profile-store.ts';
import type { Plan } from '../plan.ts';
import { groupName, topicName } from '../topics.ts';
import type { Api } from './runtime/api.ts';
import { kinds } from './runtime/kinds.ts';
import type { KubeObject } from './runtime/resource.ts';
import type { Timing } from './runtime/timing.ts';
import { SharedAdmins } from './shared-admins.ts';
import type { WantedTopics } from './topics-keeper.ts';
import type { WantedModels } from './training/models-keeper.ts';

type Kafka = NonNullable<PipelineSpec['kafka']>;
type Redis = NonNullable<PipelineSpec['store']>['redis'];
type ReadSecret = (name: string, key: string) => Promise<string | undefined>;

/** Below what a person waits for; a broker that needs longer is asked again. */
const withinMs = 5000;

/** Of all pipelines. */
export function topicAdmins(timing: Pick<Timing, 'after'>): SharedAdmins<KafkaConnection> {
  const connect = (kafka: KafkaConnection) => connectTopicAdmin({ ...kafka, clientId: 'likeness-operator' }, withinMs);
  return new SharedAdmins({ connect, timing });
}

interface TopicsAccess {
  readonly api: Pick<Api, 'find'>;
  readonly admins: Pick<SharedAdmins<KafkaConnection>, 'open'>;
}

export function wantedTopicsOf({ api, admins }: TopicsAccess, plan: Plan, spec: PipelineSpec): WantedTopics {
  const { kafka, store } = spec;
  if (kafka === undefined || store === undefined) throw new Error('a cluster has no pipelines without Kafka and Redis');
  const { pipeline } = plan;
  const secret = secretReader(api, pipeline.namespace);
  return {
    address: kafka.bootstrapServers,
    connect: async () => admins.open(await kafkaConnection(kafka, secret)),
    managed: plan.topicMode === 'Managed',
    topics: plan.topics,
    stages: {
      cleaner: { group: groupName(pipeline, 'cleaner'), topic: topicName(pipeline, 'events-raw') },
      feature: { group: groupName(pipeline, 'feature'), topic: topicName(pipeline, 'events-clean') },
    },
    // Also of a spec that has none any more: it may have had.
    groups: [groupName(pipeline, 'feature-monitor')],
    ...(spec.models.length > 0 && {
      counted: [topicName(pipeline, 'events-clean'), topicName(pipeline, 'models')],
    }),
    clearProfiles: async () => clearProfiles(await redisConnection(store.redis, secret), plan),
  };
}

/** The stream `models` as whoever promotes reads and writes it. */
export function wantedModelsOf(api: Pick<Api, 'find'>, plan: Plan, spec: PipelineSpec): WantedModels {
  const { kafka } = spec;
  if (kafka === undefined) throw new Error('a cluster has no pipelines without Kafka');
  const { pipeline } = plan;
  return {
    topic: topicName(pipeline, 'models'),
    connect: async () =>
      connectBroker({
        kafka: await kafkaConnection(kafka, secretReader(api, pipeline.namespace)),
        clientId: `${pipeline.namespace}.${pipeline.name}.operator`,
      }),
  };
}

async function clearProfiles(redis: RedisConnection, { pipeline, partitions }: Plan): Promise<void> {
  // Only deleting needs it, and it takes 15 MB.
  const { connectProfileStore } = await import('../../services/shared/adapters/connect-profile-store.ts');
  const store = await connectProfileStore({ redis });
  try {
    for (const tag of featureTags(pipeline, partitions)) await store.clear(tag);
    await store.clear(monitorTag(pipeline));
  } finally {
    await store.close();
  }
}

const mechanisms: Readonly<Record<NonNullable<Kafka['authentication']>['type'], SaslMechanism>> = {
  ScramSha256: 'scram-sha-256',
  ScramSha512: 'scram-sha-512',
  Plain: 'plain',
};

async function kafkaConnection(kafka: Kafka, secret: ReadSecret): Promise<KafkaConnection> {
  const { bootstrapServers: address, tls, authentication } = kafka;
  const name = authentication?.secretRef.name;
  return {
    address,
    ...(tls && { tls: await tlsSettings(tls, secret) }),
    ...(authentication &&
      name !== undefined && {
        sasl: {
          mechanism: mechanisms[authentication.type],
          credentials: {
            username: await needed(name, 'username', secret),
            password: await needed(name, 'password', secret),
          },
        },
      }),
  };
}

async function redisConnection({ url, tls, secretRef }: Redis, secret: ReadSecret): Promise<RedisConnection> {
  const username = secretRef && (await secret(secretRef.name, 'username'));
  return {
    url,
    ...(tls && { tls: await tlsSettings(tls, secret) }),
    ...(secretRef && {
      credentials: {
        ...(username !== undefined && { username }),
        password: await needed(secretRef.name, 'password', secret),
      },
    }),
  };
}

async function tlsSettings({ caSecretRef }: NonNullable<Kafka['tls']>, secret: ReadSecret): Promise<TlsSettings> {
  if (caSecretRef === undefined) return {};
  return { ca: { pem: await needed(caSecretRef.name, caSecretRef.key, secret) } };
}

async function needed(name: string, key: string, secret: ReadSecret): Promise<string> {
  const value = await secret(name, key);
  if (value !== undefined) return value;
  throw new LikenessError('BadConfig', `Secret ${name} has no entry ${key}, or there is no such Secret`);
}

function secretReader(api: Pick<Api, 'find'>, namespace: string): ReadSecret {
  return async (name, key) => {
    const found = await api.find<KubeObject & { data?: Readonly<Record<string, string>> }>(kinds.Secret, {
      namespace,
      name,
    });
    const value = found?.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
  };
}
