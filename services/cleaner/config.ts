/** The cleaner's environment. Pure. */
import { z } from 'zod';
import { cleanerSlice, type CleanerSlice } from '../../crds/slices.ts';
import { parseEnv } from '../shared/config.ts';
import type { Topics } from '../shared/streams.ts';

export interface CleanerConfig {
  readonly group: string;
  /** Of the keyed streams. */
  readonly partitions: number;
  readonly topics: Topics;
  readonly sessionTimeoutMs: number;
  readonly spec: CleanerSlice;
}

/** Throws LikenessError `BadConfig`, naming every wrong key. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, cleanerSlice, { LIKENESS_GROUP: z.string().min(1) });
  return {
    group: read.LIKENESS_GROUP,
    partitions: read.LIKENESS_PARTITIONS,
    topics: read.LIKENESS_TOPICS,
    sessionTimeoutMs: read.LIKENESS_SESSION_TIMEOUT_MS,
    spec: read.LIKENESS_SPEC,
    connections: read.connections,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}
