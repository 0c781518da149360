/** The files that a stage is given: secrets, certificates, models, and the environment that says where they are. Pure. */
import type { V1SecretProjection, V1Volume, V1VolumeProjection } from '@kubernetes/client-node';
import type { Workload } from '../../plan.ts';
import type { SecretPurpose, SecretUse } from '../../plan-secrets.ts';
import { paths } from './image-layout.ts';
import { modelMounts } from './models-volume.ts';
import type { Rendering } from './rendering.ts';
import { trustedKeyFiles, trustedKeysName } from './trusted-keys.ts';

export interface Mount {
  readonly name: string;
  readonly path: string;
  readonly writable?: boolean;
  /** Absent: the volume comes from a claim template. */
  readonly source?: Omit<V1Volume, 'name'>;
  /** Keys of the stage's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The claim template of ingest's write-ahead log. */
export const logVolume = 'log';

/** Root and the group may read: the process is of the group, and nobody else is in the pod. */
const groupMayRead = 0o440;

/** Temporary files of Node and its libraries; the rest of the root file system is read-only. */
const temporary: Mount = { name: 'tmp', path: '/tmp', writable: true, source: { emptyDir: { sizeLimit: '1Gi' } } };

export function stageMounts(rendering: Rendering, workload: Workload): Mount[] {
  const { name, storage, secrets } = workload;
  return [
    temporary,
    ...(storage ? [logMount] : []),
    ...modelMounts(rendering, name),
    ...secrets.map((use) => (use.purpose === 'verificationKey' ? trustedKeys(rendering, use) : secretMount(use))),
  ];
}

const logMount: Mount = { name: logVolume, path: paths.data, writable: true, env: { LIKENESS_DATA: paths.data } };

/** The file or folder that a service is told of, from the folder in which the Secret lies. */
const secretFiles: Readonly<
  Record<SecretPurpose, { readonly name: string; readonly variable: string; readonly folder?: boolean }>
> = {
  writeKeys: { name: 'write-keys', variable: 'LIKENESS_WRITE_KEYS' },
  readKeys: { name: 'read-keys', variable: 'LIKENESS_READ_KEYS' },
  signingKey: { name: 'signing-key', variable: 'LIKENESS_SIGNING_KEY' },
  verificationKey: { name: 'trusted-keys', variable: 'LIKENESS_TRUSTED_KEYS' },
  kafkaCa: { name: 'kafka-ca', variable: 'LIKENESS_KAFKA_CA' },
  kafkaCredentials: { name: 'kafka-credentials', variable: 'LIKENESS_KAFKA_CREDENTIALS', folder: true },
  redisCa: { name: 'redis-ca', variable: 'LIKENESS_REDIS_CA' },
  redisCredentials: { name: 'redis-credentials', variable: 'LIKENESS_REDIS_CREDENTIALS', folder: true },
  s3Ca: { name: 's3-ca', variable: 'LIKENESS_S3_CA' },
  s3Credentials: { name: 's3-credentials', variable: 'LIKENESS_S3_CREDENTIALS', folder: true },
};

/** A folder a Secret, never a single file of it: only a folder follows when the Secret changes. */
function secretMount({ purpose, ...use }: SecretUse): Mount {
  const { name, variable, folder } = secretFiles[purpose];
  const path = `${paths.secrets}/${name}`;
  return {
    name,
    path,
    source: { projected: { defaultMode: groupMayRead, sources: projections(use) } },
    env: { [variable]: folder ? path : `${path}/${use.keys[0]!}` },
  };
}

/** A projection is optional as a whole, so what may be missing is one of its own. */
function projections({ secret, keys, optionalKeys }: Omit<SecretUse, 'purpose'>): V1VolumeProjection[] {
  const needed = { secret: itemsOf(secret, keys) };
  return optionalKeys ? [needed, { secret: itemsOf(secret, optionalKeys, true) }] : [needed];
}

function itemsOf(name: string, keys: readonly string[], optional = false): V1SecretProjection {
  return { name, items: keys.map((key) => ({ key, path: key })), ...(optional && { optional }) };
}

/** The public half of the signing key, and the further keys of the spec. */
function trustedKeys(rendering: Rendering, use: SecretUse): Mount {
  const further = trustedKeyFiles(rendering);
  const mount = secretMount(use);
  const sources: V1VolumeProjection[] = projections(use);
  if (further.size > 0) sources.push({ configMap: { name: trustedKeysName(rendering) } });
  const files = [...use.keys, ...further.keys()].map((file) => `${mount.path}/${file}`);
  return {
    ...mount,
    source: { projected: { defaultMode: groupMayRead, sources } },
    env: { LIKENESS_TRUSTED_KEYS: files.join(',') },
  };
}
