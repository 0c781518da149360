/** The environment of serving. Pure. */
import { z } from 'zod';
import { servingSlice } from '../../crds/slices.ts';
import { isLoopback, parseEnv } from '../shared/config.ts';
import { LikenessError } from '../shared/errors.ts';

export type ServingConfig = ReturnType<typeof parseConfig>;

const extra = {
  /** Files with Ed25519 public keys in PEM, separated by commas: a model that none of them has signed is refused. */
  LIKENESS_TRUSTED_KEYS: z
    .string()
    .min(1)
    .transform((paths) => paths.split(',').map((path) => path.trim())),
  /** A file of JSON `[{name, sha256, scopes}]`: its keys with the scope `read` may read. */
  LIKENESS_READ_KEYS: z.string().min(1).optional(),
  /** In a cluster: name of the ConfigMap in which this pod, of this name, says how trials go. */
  LIKENESS_REPORT: z.string().min(1).optional(),
  LIKENESS_POD: z.string().min(1).optional(),
  /** Kubernetes' own: where its API server is. */
  KUBERNETES_SERVICE_HOST: z.string().min(1).default('kubernetes.default.svc'),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65535).default(443),
};

/** Throws `BadConfig`, also for an address that others reach while nothing says who may read. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, servingSlice, extra);
  const { LIKENESS_HOST: host, LIKENESS_SPEC: spec } = read;
  const { LIKENESS_READ_KEYS: readKeysFile } = read;
  if (!isLoopback(host) && !spec.serving.authentication && readKeysFile === undefined) {
    throw new LikenessError(
      'BadConfig',
      `LIKENESS_HOST is ${host}, which others can reach, and nothing says who may read: anyone could read every profile. ` +
        'Set spec.serving.authentication (jwksUrl, issuer, audience), name a file of read keys in LIKENESS_READ_KEYS, ' +
        'or listen on 127.0.0.1.',
    );
  }
  return {
    host,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
    pipeline: { namespace: read.LIKENESS_NAMESPACE, name: read.LIKENESS_PIPELINE, epoch: read.LIKENESS_EPOCH },
    partitions: read.LIKENESS_PARTITIONS,
    topics: read.LIKENESS_TOPICS,
    spec,
    readKeysFile,
    report: reportOf(read),
    trustedKeyFiles: read.LIKENESS_TRUSTED_KEYS,
    modelStore: read.modelStore,
    connections: read.connections,
  };
}

interface Reporting {
  readonly LIKENESS_NAMESPACE: string;
  readonly LIKENESS_REPORT?: string | undefined;
  readonly LIKENESS_POD?: string | undefined;
  readonly KUBERNETES_SERVICE_HOST: string;
  readonly KUBERNETES_SERVICE_PORT: number;
}

/** undefined: nobody asks. */
function reportOf(read: Reporting) {
  const { LIKENESS_REPORT: name, LIKENESS_POD: pod, LIKENESS_NAMESPACE: namespace } = read;
  if (name === undefined) return undefined;
  if (pod === undefined) throw new LikenessError('BadConfig', 'LIKENESS_POD is needed for LIKENESS_REPORT');
  return { namespace, name, pod, host: read.KUBERNETES_SERVICE_HOST, port: read.KUBERNETES_SERVICE_PORT };
}
