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
};

/** Throws `BadConfig`, also for an address that others reach while nothing says who may read. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const connections = parseEnv(env, servingSlice, extra);
  const { LIKENESS_HOST: host, LIKENESS_SPEC: spec } = connections;
  if (!isLoopback(host) && !spec.serving.authentication) {
    throw new LikenessError(
      'BadConfig',
      `LIKENESS_HOST is ${host}, which others can reach, and spec.serving.authentication is not set: anyone could ` +
        'read every profile. Set authentication (jwksUrl, issuer, audience), or listen on 127.0.0.1.',
    );
  }
  return {
    host,
    port: connections.LIKENESS_PORT,
    logLevel: connections.LIKENESS_LOG_LEVEL,
    pipeline: {
      namespace: connections.LIKENESS_NAMESPACE,
      name: connections.LIKENESS_PIPELINE,
      epoch: connections.LIKENESS_EPOCH,
    },
    partitions: connections.LIKENESS_PARTITIONS,
    topics: connections.LIKENESS_TOPICS,
    spec,
    trustedKeyFiles: connections.LIKENESS_TRUSTED_KEYS,
    /** What the adapters connect to. */
    connections,
  };
}
