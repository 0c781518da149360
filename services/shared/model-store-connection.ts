/** Where models are kept, as the environment of a service says it: a folder, or a bucket of S3. Pure. */
import { z } from 'zod';
import { LikenessError } from './errors.ts';

export interface S3Connection {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://minio:9000` */
  readonly endpoint: string;
  readonly bucket: string;
  /** What the keys of all objects begin with, without a slash at either end. */
  readonly prefix: string;
  readonly region: string;
  /** `endpoint/bucket/key`, instead of the bucket as a part of the host's name. */
  readonly pathStyle: boolean;
  /** Folder with the files `access-key-id`, `secret-access-key` and perhaps `session-token`; read at each request. */
  readonly credentials: string;
  /** PEM file of the authorities that are trusted with https; absent: Node's. */
  readonly ca?: string;
}

export const modelStoreEnv = {
  LIKENESS_MODELS: z.string().min(1).optional(),
  LIKENESS_S3_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/[^/]+$/, 'http:// or https://, a host, and nothing behind it')
    .optional(),
  LIKENESS_S3_BUCKET: z.string().min(1).optional(),
  LIKENESS_S3_PREFIX: z
    .string()
    .regex(
      /^[a-zA-Z0-9][a-zA-Z0-9._-]*(\/[a-zA-Z0-9][a-zA-Z0-9._-]*)*$/,
      'letters, digits, "-", "_", "." and "/" between them',
    )
    .optional(),
  LIKENESS_S3_REGION: z.string().min(1).default('us-east-1'),
  LIKENESS_S3_PATH_STYLE: z.enum(['true', 'false']).default('true'),
  LIKENESS_S3_CREDENTIALS: z.string().min(1).optional(),
  LIKENESS_S3_CA: z.string().min(1).optional(),
};

export type ModelStoreEnv = Partial<z.output<z.ZodObject<typeof modelStoreEnv>>>;

/** undefined: none is named. Throws `BadConfig` for a bucket of which something is missing. */
export function modelStoreOf(
  env: ModelStoreEnv,
): { readonly folder: string } | { readonly s3: S3Connection } | undefined {
  const { LIKENESS_MODELS: folder, LIKENESS_S3_BUCKET: bucket } = env;
  if (bucket === undefined) return folder === undefined ? undefined : { folder };
  const ca = env.LIKENESS_S3_CA;
  return {
    s3: {
      endpoint: needed(env, 'LIKENESS_S3_ENDPOINT'),
      bucket,
      prefix: needed(env, 'LIKENESS_S3_PREFIX'),
      region: env.LIKENESS_S3_REGION ?? 'us-east-1',
      pathStyle: env.LIKENESS_S3_PATH_STYLE !== 'false',
      credentials: needed(env, 'LIKENESS_S3_CREDENTIALS'),
      ...(ca !== undefined && { ca }),
    },
  };
}

function needed(env: ModelStoreEnv, key: 'LIKENESS_S3_ENDPOINT' | 'LIKENESS_S3_PREFIX' | 'LIKENESS_S3_CREDENTIALS') {
  const value = env[key];
  if (value !== undefined) return value;
  throw new LikenessError('BadConfig', `${key} is not set: a bucket of models (LIKENESS_S3_BUCKET) needs it`);
}
