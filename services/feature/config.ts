/** The feature service's environment. Pure. */
import { z } from 'zod';
import { durationMs } from '../../crds/scalars.ts';
import { featureSlice, type FeatureSlice } from '../../crds/slices.ts';
import type { ReportTarget } from '../shared/adapters/config-map-report.ts';
import { parseEnv } from '../shared/config.ts';
import { LikenessError } from '../shared/errors.ts';

export type FeatureConfig = ReturnType<typeof parseConfig>;

/** How models are watched. */
export interface WatchConfig {
  readonly group: string;
  readonly trustedKeyFiles: readonly string[];
  readonly spec: NonNullable<FeatureSlice['watch']>;
  /** Where verdicts are told; absent: in the log alone. */
  readonly file?: string;
  readonly report?: ReportTarget;
}

const extra = {
  LIKENESS_GROUP: z.string().min(1),
  /** Of the replicas, one of which runs the detectors of drift; needed where the spec has models to watch. */
  LIKENESS_MONITOR_GROUP: z.string().min(1).optional(),
  /** Files with Ed25519 public keys in PEM, separated by commas; needed likewise. */
  LIKENESS_TRUSTED_KEYS: z
    .string()
    .transform((paths) => paths.split(',').map((path) => path.trim()))
    .pipe(z.array(z.string().min(1)))
    .optional(),
  /** On one machine: file in which verdicts of drift are told. */
  LIKENESS_DRIFT_FILE: z.string().min(1).optional(),
  /** In a cluster: name of the ConfigMap in which they are, and folder of the token (default: where Kubernetes mounts it). */
  LIKENESS_REPORT: z.string().min(1).optional(),
  LIKENESS_REPORT_TOKEN: z.string().min(1).optional(),
  /** Kubernetes' own: where its API server is. */
  KUBERNETES_SERVICE_HOST: z.string().min(1).default('kubernetes.default.svc'),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65535).default(443),
  /** Where the log no longer holds what profiles lack, read it from the archive beside the models. */
  LIKENESS_ARCHIVE: z.enum(['true', 'false']).default('false'),
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
    watch: watchConfig(read),
    modelStore: read.modelStore,
    archive:
      read.LIKENESS_ARCHIVE === 'true'
        ? { pipeline: read.connections.pipeline, stream: 'events-clean' as const, epoch: read.LIKENESS_EPOCH }
        : undefined,
    dedupeWindowMs: durationMs(read.LIKENESS_SPEC.cleaning.dedupe.window),
    connections: read.connections,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}

const watchEnv = z.object({ ...extra, LIKENESS_NAMESPACE: z.string() });

/** undefined: the spec has no models to watch. */
function watchConfig(
  read: z.output<typeof watchEnv> & { readonly LIKENESS_SPEC: FeatureSlice },
): WatchConfig | undefined {
  const { watch } = read.LIKENESS_SPEC;
  if (watch === undefined) return undefined;
  const { LIKENESS_MONITOR_GROUP: group, LIKENESS_TRUSTED_KEYS: trustedKeyFiles } = read;
  if (group === undefined || trustedKeyFiles === undefined)
    throw new LikenessError(
      'BadConfig',
      'LIKENESS_MONITOR_GROUP and LIKENESS_TRUSTED_KEYS are needed, because models are to be watched (LIKENESS_SPEC: watch)',
    );
  const { LIKENESS_DRIFT_FILE: file, LIKENESS_REPORT: name, LIKENESS_REPORT_TOKEN: folder } = read;
  const { LIKENESS_NAMESPACE: namespace, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = read;
  return {
    group,
    trustedKeyFiles,
    spec: watch,
    ...(file !== undefined && { file }),
    ...(name !== undefined && { report: { namespace, name, host, port, ...(folder !== undefined && { folder }) } }),
  };
}
