/**
 * The operator's environment. `parseConfig` is pure and names every bad key at once.
 *
 * | key | meaning |
 * |---|---|
 * | LIKENESS_IMAGE | image of the services, and of trainings that need no tensors |
 * | LIKENESS_TRAINER_IMAGE, LIKENESS_TRAINER_GPU_IMAGE | images of trainings that do, without and with GPUs; absent: the one before |
 * | LIKENESS_VERSION | release, for labels and status |
 * | LIKENESS_NAMESPACES | namespaces that are looked after, separated by commas; absent: all |
 * | LIKENESS_LEASE_NAMESPACE, LIKENESS_IDENTITY | where the lease lies, and who this process is: the pod's namespace and name |
 * | LIKENESS_LEASE_SECONDS | after so long without a word a leader is replaced |
 * | LIKENESS_DEFAULTS | JSON {kafka, store} as in a spec: for pipelines that name none |
 * | LIKENESS_NETWORK, LIKENESS_MODELS_VOLUME | JSON, see kubernetes/render/rendering.ts |
 * | LIKENESS_REFRESH_SECONDS | so often a pipeline at rest is looked at: its lag, and what its streams say of models |
 * | LIKENESS_WORKERS | pipelines reconciled at a time |
 * | LIKENESS_HOST, LIKENESS_PORT | /livez, /readyz and /metrics |
 * | LIKENESS_LOG_LEVEL | pino level |
 */
import { z } from 'zod';
import { specFields } from '../crds/pipeline.ts';
import { json } from '../services/shared/config.ts';
import { LikenessError } from '../services/shared/errors.ts';
import type { ModelsVolume, NetworkSettings } from './kubernetes/render/rendering.ts';

const defaultsSchema = z.strictObject({ kafka: specFields.shape.kafka, store: specFields.shape.store });

const envSchema = z.object({
  LIKENESS_IMAGE: z.string().min(1),
  LIKENESS_TRAINER_IMAGE: z.string().min(1).optional(),
  LIKENESS_TRAINER_GPU_IMAGE: z.string().min(1).optional(),
  LIKENESS_VERSION: z.string().min(1),
  LIKENESS_NAMESPACES: z.string().default(''),
  LIKENESS_LEASE_NAMESPACE: z.string().min(1),
  LIKENESS_IDENTITY: z.string().min(1),
  LIKENESS_LEASE_SECONDS: z.coerce.number().int().min(1).max(600).default(15),
  LIKENESS_DEFAULTS: json.pipe(defaultsSchema).default({}),
  LIKENESS_NETWORK: json.pipe(z.looseObject({})).default({}),
  LIKENESS_MODELS_VOLUME: json.pipe(z.looseObject({})).default({}),
  LIKENESS_REFRESH_SECONDS: z.coerce.number().int().min(1).max(3600).default(30),
  LIKENESS_WORKERS: z.coerce.number().int().min(1).max(200).default(10),
  LIKENESS_HOST: z.string().min(1).default('0.0.0.0'),
  LIKENESS_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  LIKENESS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type OperatorConfig = ReturnType<typeof parseConfig>;
/** What a pipeline gets that names none. */
export type Defaults = z.output<typeof defaultsSchema>;

/** Throws LikenessError `BadConfig`. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const parsed = envSchema.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new LikenessError('BadConfig', `The environment of the operator is wrong:\n  ${problems.join('\n  ')}`);
  }
  const read = parsed.data;
  return {
    image: read.LIKENESS_IMAGE,
    trainerImage: read.LIKENESS_TRAINER_IMAGE,
    trainerGpuImage: read.LIKENESS_TRAINER_GPU_IMAGE,
    version: read.LIKENESS_VERSION,
    namespaces: read.LIKENESS_NAMESPACES.split(',').filter(Boolean),
    lease: {
      namespace: read.LIKENESS_LEASE_NAMESPACE,
      identity: read.LIKENESS_IDENTITY,
      seconds: read.LIKENESS_LEASE_SECONDS,
    },
    defaults: read.LIKENESS_DEFAULTS as Defaults,
    network: read.LIKENESS_NETWORK as Partial<NetworkSettings>,
    modelsVolume: read.LIKENESS_MODELS_VOLUME as Partial<ModelsVolume>,
    refreshMs: read.LIKENESS_REFRESH_SECONDS * 1000,
    workers: read.LIKENESS_WORKERS,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}
