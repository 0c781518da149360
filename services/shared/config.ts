/**
 * The environment of every service, as the plan writes it. `parseConfig` is pure and names every bad key at once.
 *
 * | key | meaning |
 * |---|---|
 * | LIKENESS_NAMESPACE, LIKENESS_PIPELINE, LIKENESS_EPOCH | which pipeline, which generation of its topics |
 * | LIKENESS_PARTITIONS | partitions of the keyed streams |
 * | LIKENESS_TOPICS | JSON: stream → topic name |
 * | LIKENESS_GROUP | consumer group of this stage (cleaner, feature) |
 * | LIKENESS_SPEC | JSON: the slice of the spec that this service reads |
 * | LIKENESS_KAFKA | bootstrap servers; absent: the embedded log in LIKENESS_DATA |
 * | LIKENESS_KAFKA_TLS | `true`: by TLS |
 * | LIKENESS_KAFKA_CA | PEM file of the authorities that are trusted; absent: Node's |
 * | LIKENESS_KAFKA_SASL | `scram-sha-256`, `scram-sha-512` or `plain`; absent: no authentication |
 * | LIKENESS_KAFKA_CREDENTIALS | folder with the files `username` and `password` |
 * | LIKENESS_REDIS | Redis URL; absent: the embedded store in LIKENESS_DATA |
 * | LIKENESS_REDIS_CA | PEM file of the authorities that are trusted with rediss://; absent: Node's |
 * | LIKENESS_REDIS_CREDENTIALS | folder with the files `password` and, unless the user is `default`, `username` |
 * | LIKENESS_DATA | folder of the embedded log, the embedded store and the write-ahead log |
 * | LIKENESS_MODELS | folder of the model artifacts |
 * | LIKENESS_S3_BUCKET, LIKENESS_S3_PREFIX | in place of that folder a bucket of S3, and what the keys begin with |
 * | LIKENESS_S3_ENDPOINT, LIKENESS_S3_REGION | where it is |
 * | LIKENESS_S3_PATH_STYLE | `false`: the bucket is part of the host's name |
 * | LIKENESS_S3_CREDENTIALS | folder with the files `access-key-id`, `secret-access-key`, perhaps `session-token` |
 * | LIKENESS_S3_CA | PEM file of the authorities that are trusted with https://; absent: Node's |
 * | LIKENESS_HOST, LIKENESS_PORT | where HTTP listens |
 * | LIKENESS_SESSION_TIMEOUT_MS | group session timeout |
 * | LIKENESS_LOG_LEVEL | pino level |
 */
import { z } from 'zod';
import { connectionsOf, saslMechanisms } from './connections.ts';
import { LikenessError } from './errors.ts';
import { modelStoreEnv } from './model-store-connection.ts';
import { streams } from './streams.ts';

/** A text that holds JSON, as its value. */
export const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});

const commonEnv = {
  LIKENESS_NAMESPACE: z.string().min(1).default('default'),
  LIKENESS_PIPELINE: z.string().min(1),
  LIKENESS_EPOCH: z.coerce.number().int().min(1).default(1),
  LIKENESS_PARTITIONS: z.coerce.number().int().min(1),
  LIKENESS_TOPICS: json.pipe(z.record(z.enum(streams), z.string().min(1))),
  LIKENESS_KAFKA: z.string().min(1).optional(),
  LIKENESS_KAFKA_TLS: z.enum(['true', 'false']).default('false'),
  LIKENESS_KAFKA_CA: z.string().min(1).optional(),
  LIKENESS_KAFKA_SASL: z.enum(saslMechanisms).optional(),
  LIKENESS_KAFKA_CREDENTIALS: z.string().min(1).optional(),
  LIKENESS_REDIS: z.string().min(1).optional(),
  LIKENESS_REDIS_CA: z.string().min(1).optional(),
  LIKENESS_REDIS_CREDENTIALS: z.string().min(1).optional(),
  LIKENESS_DATA: z.string().min(1).optional(),
  ...modelStoreEnv,
  LIKENESS_HOST: z.string().min(1).default('127.0.0.1'),
  LIKENESS_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  LIKENESS_SESSION_TIMEOUT_MS: z.coerce.number().int().min(1000).default(30_000),
  LIKENESS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
};

const commonSchema = z.object(commonEnv);

const modelStoreSchema = z.object(modelStoreEnv);

/**
 * `spec` is the schema of this service's slice; `extra` its own keys; `connections` is what the connection keys come to, and
 * `modelStore` the keys of the model store.
 * Throws LikenessError `BadConfig`.
 */
export function parseEnv<Spec extends z.ZodType, Extra extends z.ZodRawShape>(
  env: Readonly<Record<string, string | undefined>>,
  spec: Spec,
  extra: Extra,
) {
  const schema = z.object({ ...commonEnv, LIKENESS_SPEC: json.pipe(spec), ...extra });
  const parsed = schema.safeParse(env);
  // Parsed again, because the type of the whole is not known here.
  if (parsed.success)
    return {
      ...parsed.data,
      connections: connectionsOf(commonSchema.parse(env)),
      modelStore: modelStoreSchema.parse(env),
    };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new LikenessError('BadConfig', `The environment of this service is wrong:\n  ${problems.join('\n  ')}`);
}

/** `127.0.0.0/8`, `::1` or `localhost`: the only addresses on which anything may be open to everyone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
