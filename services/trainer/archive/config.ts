/** The environment of the archive. Pure. */
import { z } from 'zod';
import { durationMs } from '../../../crds/scalars.ts';
import { archiveSlice } from '../../../crds/slices.ts';
import { parseEnv } from '../../shared/config.ts';

const extra = {
  /** A segment is closed when its oldest record has waited so long. */
  LIKENESS_ARCHIVE_AGE_MS: z.coerce.number().int().min(100).default(300_000),
  /** Or when its lines, uncompressed, are so many bytes: they are held in memory, one partition after another. */
  LIKENESS_ARCHIVE_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
  /** Or when they are so many. */
  LIKENESS_ARCHIVE_EVENTS: z.coerce.number().int().min(1).default(250_000),
  /** Where the log has let go of what was not archived yet: note it as lost, and go on. */
  LIKENESS_FROM_LOG_START: z.enum(['true', 'false']).default('false'),
};

/** Throws LikenessError `BadConfig`, naming every wrong key. */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, archiveSlice, extra);
  return {
    topic: read.LIKENESS_TOPICS['events-clean'],
    place: { pipeline: read.connections.pipeline, stream: 'events-clean', epoch: read.LIKENESS_EPOCH } as const,
    retentionMs: durationMs(read.LIKENESS_SPEC.archive.retention),
    limits: {
      ageMs: read.LIKENESS_ARCHIVE_AGE_MS,
      bytes: read.LIKENESS_ARCHIVE_BYTES,
      events: read.LIKENESS_ARCHIVE_EVENTS,
    },
    fromLogStart: read.LIKENESS_FROM_LOG_START === 'true',
    modelStore: read.modelStore,
    connections: read.connections,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}
