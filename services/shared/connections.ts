/**
 * What an adapter needs to connect: addresses, and where the secrets are. Made from the environment of a service, which
 * names files and folders and never holds a secret itself. Pure.
 */
import { LikenessError } from './errors.ts';

export const saslMechanisms = ['scram-sha-256', 'scram-sha-512', 'plain'] as const;
export type SaslMechanism = (typeof saslMechanisms)[number];

/** A folder as Kubernetes mounts a Secret, with the files `username` and `password`; or both, for who reads them itself. */
export type CredentialsSource = { readonly folder: string } | { readonly username?: string; readonly password: string };

/** Certificates of the authorities that are trusted, in PEM. */
export type CaSource = { readonly file: string } | { readonly pem: string };

/** Absent `ca`: the authorities that Node trusts. */
export interface TlsSettings {
  readonly ca?: CaSource;
}

export interface KafkaConnection {
  /** Bootstrap servers, `host:port,host:port`. */
  readonly address: string;
  /** Absent: no TLS. */
  readonly tls?: TlsSettings;
  /** Absent: no authentication. */
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly credentials: CredentialsSource };
}

export interface RedisConnection {
  /** `redis://` or `rediss://`, the latter with TLS. */
  readonly url: string;
  readonly tls?: TlsSettings;
  /** Win over what the URL says. Without a user name: the user `default`. */
  readonly credentials?: CredentialsSource;
}

/** What a service connects to; without Kafka or Redis the embedded log or store in `dataDir`. */
export interface Connections {
  /** `{namespace}.{pipeline}`: what the names of its topics, groups and clients begin with. */
  readonly pipeline: string;
  readonly kafka?: KafkaConnection;
  readonly redis?: RedisConnection;
  readonly dataDir?: string;
}

/** The keys of config.ts that say it. */
export interface ConnectionEnv {
  readonly LIKENESS_NAMESPACE: string;
  readonly LIKENESS_PIPELINE: string;
  readonly LIKENESS_KAFKA?: string | undefined;
  readonly LIKENESS_KAFKA_TLS?: 'true' | 'false' | undefined;
  readonly LIKENESS_KAFKA_CA?: string | undefined;
  readonly LIKENESS_KAFKA_SASL?: SaslMechanism | undefined;
  readonly LIKENESS_KAFKA_CREDENTIALS?: string | undefined;
  readonly LIKENESS_REDIS?: string | undefined;
  readonly LIKENESS_REDIS_CA?: string | undefined;
  readonly LIKENESS_REDIS_CREDENTIALS?: string | undefined;
  readonly LIKENESS_DATA?: string | undefined;
}

/** Throws LikenessError `BadConfig` for keys that do not fit together, naming all of them. */
export function connectionsOf(env: ConnectionEnv): Connections {
  const problems = [...kafkaProblems(env), ...redisProblems(env)];
  if (problems.length > 0)
    throw new LikenessError('BadConfig', `The environment of this service is wrong:\n  ${problems.join('\n  ')}`);
  const { LIKENESS_KAFKA: address, LIKENESS_REDIS: url, LIKENESS_DATA: dataDir } = env;
  return {
    pipeline: `${env.LIKENESS_NAMESPACE}.${env.LIKENESS_PIPELINE}`,
    ...(address !== undefined && { kafka: kafkaConnection(address, env) }),
    ...(url !== undefined && { redis: redisConnection(url, env) }),
    ...(dataDir !== undefined && { dataDir }),
  };
}

function kafkaConnection(address: string, env: ConnectionEnv): KafkaConnection {
  const { LIKENESS_KAFKA_SASL: mechanism, LIKENESS_KAFKA_CREDENTIALS: folder } = env;
  return {
    address,
    ...(env.LIKENESS_KAFKA_TLS === 'true' && { tls: tlsSettings(env.LIKENESS_KAFKA_CA) }),
    ...(mechanism !== undefined && folder !== undefined && { sasl: { mechanism, credentials: { folder } } }),
  };
}

function redisConnection(url: string, env: ConnectionEnv): RedisConnection {
  const { LIKENESS_REDIS_CREDENTIALS: folder } = env;
  return {
    url,
    ...(url.startsWith('rediss:') && { tls: tlsSettings(env.LIKENESS_REDIS_CA) }),
    ...(folder !== undefined && { credentials: { folder } }),
  };
}

const tlsSettings = (file: string | undefined): TlsSettings => (file === undefined ? {} : { ca: { file } });

function kafkaProblems(env: ConnectionEnv): string[] {
  const problems: string[] = [];
  if (env.LIKENESS_KAFKA_CA !== undefined && env.LIKENESS_KAFKA_TLS !== 'true')
    problems.push('LIKENESS_KAFKA_CA: only with LIKENESS_KAFKA_TLS=true');
  if ((env.LIKENESS_KAFKA_SASL === undefined) !== (env.LIKENESS_KAFKA_CREDENTIALS === undefined))
    problems.push('LIKENESS_KAFKA_SASL and LIKENESS_KAFKA_CREDENTIALS: either needs the other');
  if (env.LIKENESS_KAFKA_SASL === 'plain' && env.LIKENESS_KAFKA_TLS !== 'true')
    problems.push('LIKENESS_KAFKA_SASL: plain sends the password as it is, so only with LIKENESS_KAFKA_TLS=true');
  return problems;
}

function redisProblems(env: ConnectionEnv): string[] {
  if (env.LIKENESS_REDIS_CA === undefined || env.LIKENESS_REDIS?.startsWith('rediss:')) return [];
  return ['LIKENESS_REDIS_CA: only with a LIKENESS_REDIS of rediss://'];
}
