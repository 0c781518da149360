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
 * | LIKENESS_REDIS | Redis URL; absent: the embedded store in LIKENESS_DATA |
 * | LIKENESS_DATA | folder of the embedded log, the embedded store and the write-ahead log |
 * | LIKENESS_MODELS | folder of the model artifacts |
 * | LIKENESS_HOST, LIKENESS_PORT | where HTTP listens |
 * | LIKENESS_SESSION_TIMEOUT_MS | group session timeout |
 * | LIKENESS_LOG_LEVEL | pino level |
 */
import { z } from 'zod';
import { LikenessError } from './errors.ts';
import { streams } from './streams.ts';

const json = z.string().transform((text, context) => {
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
  LIKENESS_REDIS: z.string().min(1).optional(),
  LIKENESS_DATA: z.string().min(1).optional(),
  LIKENESS_MODELS: z.string().min(1).optional(),
  LIKENESS_HOST: z.string().min(1).default('127.0.0.1'),
  LIKENESS_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  LIKENESS_SESSION_TIMEOUT_MS: z.coerce.number().int().min(1000).default(30_000),
  LIKENESS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
};

/** `spec` is the schema of this service's slice; `extra` its own keys. Throws LikenessError `BadConfig`. */
export function parseEnv<Spec extends z.ZodType, Extra extends z.ZodRawShape>(
  env: Readonly<Record<string, string | undefined>>,
  spec: Spec,
  extra: Extra,
) {
  const schema = z.object({ ...commonEnv, LIKENESS_SPEC: json.pipe(spec), ...extra });
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new LikenessError('BadConfig', `The environment of this service is wrong:\n  ${problems.join('\n  ')}`);
}

/** `127.0.0.0/8`, `::1` or `localhost`: the only addresses on which anything may be open to everyone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
