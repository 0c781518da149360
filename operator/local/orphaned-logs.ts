/** Write-ahead logs that no ingest of this start would deliver: left by another layout or by more replicas. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { segmentHeader } from '../../services/shared/adapters/write-ahead-log-frames.ts';
import { LikenessError } from '../../services/shared/errors.ts';

export interface FoundLog {
  /** Path below the data folder: `ingest-log`, or `ingest-<replica>/ingest-log` of a process of its own. */
  readonly path: string;
  /** Bytes of events in its segments. */
  readonly bytes: number;
}

export interface IngestLayout {
  readonly processes: boolean;
  /** Of ingest. */
  readonly replicas: number;
}

const logName = 'ingest-log';

/** Throws `BadConfig`, naming the folder and how it is drained. */
export function refuseOrphanedLogs(dataDir: string, layout: IngestLayout): void {
  const [orphan] = orphanedLogs(findLogs(dataDir), layout);
  if (orphan === undefined) return;
  const before =
    orphan.path === logName
      ? 'without --processes'
      : `with --processes and ${replicaOf(orphan) + 1} replicas of ingest`;
  throw new LikenessError(
    'BadConfig',
    `${join(dataDir, orphan.path)} holds events that were accepted and not yet delivered, and nobody would deliver ` +
      `them now: start once ${before}, as before, stop with Ctrl-C, and start again`,
  );
}

/** Pure. Those that hold events and that no ingest of the layout opens. */
export function orphanedLogs(found: readonly FoundLog[], { processes, replicas }: IngestLayout): FoundLog[] {
  const isOpened = (log: FoundLog) => (log.path === logName ? !processes : processes && replicaOf(log) < replicas);
  return found.filter((log) => log.bytes > 0 && !isOpened(log));
}

const replicaOf = ({ path }: FoundLog): number => Number(/^ingest-(\d+)/.exec(path)?.[1]);

function findLogs(dataDir: string): FoundLog[] {
  const own = readdirSync(dataDir).filter((name) => /^ingest-\d+$/.test(name));
  return [logName, ...own.map((name) => join(name, logName))]
    .filter((path) => existsSync(join(dataDir, path)))
    .map((path) => ({ path, bytes: bytesIn(join(dataDir, path)) }));
}

function bytesIn(folder: string): number {
  const segments = readdirSync(folder).filter((name) => name.endsWith('.wal'));
  return segments.reduce((sum, name) => sum + Math.max(0, statSync(join(folder, name)).size - segmentHeader.length), 0);
}
