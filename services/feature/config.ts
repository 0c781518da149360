/** The feature service's environment. Pure. */
import { z } from 'zod';
import { durationMs } from '../../crds/scalars.ts';
import { featureSlice } from '../../crds/slices.ts';
import { parseEnv } from '../shared/config.ts';

export type FeatureConfig = ReturnType<typeof parseConfig>;

const extra = {
  LIKENESS_GROUP: z.string().min(1),
  /** Rebuild: where profiles do not fit the log or the spec, forget them and begin at the start of the log. */
  LIKENESS_FROM_LOG_START: z.enum(['true', 'false']).default('false'),
};

/** Throws LikenessError `BadConfig`, naming every wrong key. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, featureSlice, extra);
  return {
    group: read.LIKENESS_GROUP,
    pipeline: {
      namespace: read.LIKENESS_NAMESPACE,
      name: read.LIKENESS_PIPELINE,
      epoch: read.LIKENESS_EPOCH,
    },
    partitions: read.LIKENESS_PARTITIONS,
    topics: read.LIKENESS_TOPICS,
    sessionTimeoutMs: read.LIKENESS_SESSION_TIMEOUT_MS,
    fromLogStart: read.LIKENESS_FROM_LOG_START === 'true',
    spec: read.LIKENESS_SPEC,
    dedupeWindowMs: durationMs(read.LIKENESS_SPEC.cleaning.dedupe.window),
    connections: read.connections,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}
