/** The cleaner's environment. Pure. */
import { z } from 'zod';
import { cleanerSlice, type CleanerSlice } from '../../crds/slices.ts';
import { parseEnv } from '../shared/config.ts';
import { LikenessError } from '../shared/errors.ts';
import type { Topics } from '../shared/streams.ts';

export interface CleanerConfig {
  readonly group: string;
  /** Of the keyed streams. */
  readonly partitions: number;
  readonly topics: Topics;
  readonly sessionTimeoutMs: number;
  readonly spec: CleanerSlice;
  /** Files with Ed25519 public keys in PEM: a model that none of them has signed cleans nothing. */
  readonly trustedKeyFiles: readonly string[];
}

const extra = {
  LIKENESS_GROUP: z.string().min(1),
  /** Separated by commas; needed where the spec has steps that learn. */
  LIKENESS_TRUSTED_KEYS: z
    .string()
    .transform((paths) => paths.split(',').map((path) => path.trim()))
    .pipe(z.array(z.string().min(1)))
    .optional(),
};

/** Throws LikenessError `BadConfig`, naming every wrong key. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, cleanerSlice, extra);
  const { LIKENESS_TRUSTED_KEYS: trustedKeyFiles = [] } = read;
  if (read.LIKENESS_SPEC.cleaningModel !== undefined && trustedKeyFiles.length === 0)
    throw new LikenessError(
      'BadConfig',
      'LIKENESS_TRUSTED_KEYS: is missing, and the cleaner is to follow a model (LIKENESS_SPEC: cleaningModel)',
    );
  return {
    group: read.LIKENESS_GROUP,
    partitions: read.LIKENESS_PARTITIONS,
    topics: read.LIKENESS_TOPICS,
    sessionTimeoutMs: read.LIKENESS_SESSION_TIMEOUT_MS,
    spec: read.LIKENESS_SPEC,
    trustedKeyFiles,
    modelStore: read.modelStore,
    connections: read.connections,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}
