/** Ingest's environment. Pure. */
import { z } from 'zod';
import { ingestSlice } from '../../crds/slices.ts';
import type { ReportTarget } from '../shared/adapters/config-map-report.ts';
import { isLoopback, parseEnv } from '../shared/config.ts';
import { LikenessError } from '../shared/errors.ts';
import type { Topics } from '../shared/streams.ts';

export interface IngestConfig {
  /** Of the keyed streams. */
  readonly partitions: number;
  readonly topics: Topics;
  /** Absent: ingest answers after the broker's acknowledgement. */
  readonly log?: { readonly folder: string; readonly maxBytes: number };
  /** In a cluster: where the state of the log is told, by whom. */
  readonly report?: ReportTarget & { readonly pod: string; readonly podUid: string };
  readonly limits: { readonly eventsPerSecond?: number | undefined; readonly pendingEvents: number };
  /** A file of JSON `[{name, sha256, scopes}]`. */
  readonly writeKeysFile?: string | undefined;
  /** Everyone who reaches this address may write, with whatever key or none; history still needs a key. */
  readonly open: boolean;
}

/**
 * Throws LikenessError `BadConfig`: a wrong key, an open door on an address that others reach, a log without a folder.
 * Keys of its own: LIKENESS_WRITE_KEYS, path of the write keys; LIKENESS_OPEN, `true` if others may write too (without
 * write keys it always is); LIKENESS_REPORT, name of the ConfigMap in which the state of the log is told, and
 * LIKENESS_POD and LIKENESS_POD_UID, name and uid of the pod that tells it, and LIKENESS_REPORT_TOKEN, folder of its
 * token (default: where Kubernetes mounts it).
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>) {
  const read = parseEnv(env, ingestSlice, {
    LIKENESS_WRITE_KEYS: z.string().min(1).optional(),
    LIKENESS_OPEN: z.enum(['true', 'false']).default('false'),
    ...reportEnv,
  });
  const open = read.LIKENESS_WRITE_KEYS === undefined || read.LIKENESS_OPEN === 'true';
  if (open && !isLoopback(read.LIKENESS_HOST))
    throw new LikenessError(
      'BadConfig',
      `LIKENESS_WRITE_KEYS is needed, and not LIKENESS_OPEN, because others reach LIKENESS_HOST ${read.LIKENESS_HOST}: name a file of write keys, or listen on 127.0.0.1`,
    );
  const { log, limits } = read.LIKENESS_SPEC.ingest;
  return {
    partitions: read.LIKENESS_PARTITIONS,
    topics: read.LIKENESS_TOPICS,
    ...(log !== undefined && { log: logConfig(log.size, read.LIKENESS_DATA) }),
    ...(log !== undefined && read.LIKENESS_REPORT !== undefined && { report: reportConfig(read) }),
    limits,
    writeKeysFile: read.LIKENESS_WRITE_KEYS,
    open,
    connections: read.connections,
    host: read.LIKENESS_HOST,
    port: read.LIKENESS_PORT,
    logLevel: read.LIKENESS_LOG_LEVEL,
  };
}

const reportEnv = {
  LIKENESS_REPORT: z.string().min(1).optional(),
  LIKENESS_POD: z.string().min(1).optional(),
  LIKENESS_POD_UID: z.string().min(1).optional(),
  LIKENESS_REPORT_TOKEN: z.string().min(1).optional(),
  /** Kubernetes' own: where its API server is. */
  KUBERNETES_SERVICE_HOST: z.string().min(1).default('kubernetes.default.svc'),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65535).default(443),
};

const reportSchema = z.object(reportEnv);

function reportConfig(read: z.output<typeof reportSchema> & { readonly LIKENESS_NAMESPACE: string }) {
  const { LIKENESS_REPORT: name, LIKENESS_POD: pod, LIKENESS_POD_UID: podUid, LIKENESS_REPORT_TOKEN: folder } = read;
  if (name === undefined || pod === undefined || podUid === undefined)
    throw new LikenessError('BadConfig', 'LIKENESS_POD and LIKENESS_POD_UID are needed for LIKENESS_REPORT');
  const { LIKENESS_NAMESPACE: namespace, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = read;
  return { namespace, name, host, port, pod, podUid, ...(folder !== undefined && { folder }) };
}

function logConfig(size: string, data: string | undefined) {
  if (data === undefined)
    throw new LikenessError('BadConfig', 'LIKENESS_DATA is needed for ingest.log: a folder that outlives the process');
  return { folder: `${data}/ingest-log`, maxBytes: parseQuantity(size, 'LIKENESS_SPEC.ingest.log.size') };
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Bytes of a Kubernetes quantity such as 5Gi or 500M. Throws LikenessError `BadConfig`; at least 1 MB. */
export function parseQuantity(text: string, path: string): number {
  const match = /^(\d+(?:\.\d+)?)(k|M|G|T|Ki|Mi|Gi|Ti|)$/.exec(text);
  const bytes = match === null ? 0 : Math.floor(Number(match[1]) * units[match[2]!]!);
  if (bytes >= 1e6) return bytes;
  throw new LikenessError('BadConfig', `${path} is ${text}: wanted at least 1M, such as 500M or 5Gi`);
}
