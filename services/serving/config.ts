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
    trustedKeyFiles: read.LIKENESS_TRUSTED_KEYS,
    modelStore: read.modelStore,
    connections: read.connections,
  };
}
