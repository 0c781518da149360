/** A Kafka and a Redis that ask everyone who they are, with a pipeline's users, their rights and their secrets as files. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streams } from '../../services/shared/streams.ts';
import { topicName, type PipelineId } from '../../operator/topics.ts';
import { connectKafka } from '../../services/shared/adapters/kafka-broker.ts';
import type { Broker, TopicSettings } from '../../services/shared/broker.ts';
import type { KafkaConnection, SaslMechanism } from '../../services/shared/connections.ts';
import { createAuthority, type Authority } from '../testbed/authority.ts';
import { startSecuredKafka, type SecuredKafka } from '../testbed/secured-kafka.ts';
import { grantRights, users, type User } from './rights.ts';

export interface SecuredWorld {
  readonly authority: Authority;
  readonly kafka: SecuredKafka;
  readonly pipeline: PipelineId;
  readonly topics: readonly TopicSettings[];
  readonly folder: string;
  /** Where the user's Secret is mounted. */
  credentialsOf(user: User): string;
  connectionOf(user: User, mechanism?: SaslMechanism): KafkaConnection;
  connect(user: User): Promise<Broker>;
  stop(): Promise<void>;
}

const passwordOf = (user: User): string => `${user}-secret`;

export async function startSecuredWorld(pipeline: PipelineId): Promise<SecuredWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-secured-'));
  const authority = await createAuthority(join(folder, 'authority'));
  const kafka = await startSecuredKafka(authority, Object.fromEntries(users.map((user) => [user, passwordOf(user)])));
  await grantRights(kafka.insideAddress, pipeline);
  const credentialsOf = (user: User) => join(folder, user);
  for (const user of users) writeSecret(credentialsOf(user), { username: user, password: passwordOf(user) });
  const connectionOf = (user: User, mechanism: SaslMechanism = 'scram-sha-512'): KafkaConnection => ({
    address: kafka.address,
    tls: { ca: { file: authority.ca } },
    sasl: { mechanism, credentials: { folder: credentialsOf(user) } },
  });
  const connect = (user: User) =>
    connectKafka({
      ...connectionOf(user),
      clientId: `${pipeline.namespace}.${pipeline.name}.${user}`,
      maxWaitMs: 100,
      sessionTimeoutMs: 3000,
    });
  const topics = streams.map((stream) => ({ name: topicName(pipeline, stream), partitions: 1 }));
  return {
    authority,
    kafka,
    pipeline,
    topics,
    folder,
    credentialsOf,
    connectionOf,
    connect,
    stop: async () => {
      await kafka.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As the kubelet does: each file changes at once. */
export function writeSecret(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, `.${name}`), text, { mode: 0o600 });
    renameSync(join(folder, `.${name}`), join(folder, name));
  }
}
