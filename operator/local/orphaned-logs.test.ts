import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { segmentHeader } from '../../services/shared/adapters/write-ahead-log-frames.ts';
import { orphanedLogs, refuseOrphanedLogs } from './orphaned-logs.ts';

describe('who delivers a log', () => {
  const found = ['ingest-log', 'ingest-0/ingest-log', 'ingest-2/ingest-log'].map((path) => ({ path, bytes: 1 }));
  it.each([
    [{ processes: false, replicas: 3 }, ['ingest-0/ingest-log', 'ingest-2/ingest-log']],
    [{ processes: true, replicas: 2 }, ['ingest-log', 'ingest-2/ingest-log']],
    [{ processes: true, replicas: 3 }, ['ingest-log']],
  ])('nobody under %j: %j', (layout, paths) => {
    expect(orphanedLogs(found, layout).map(({ path }) => path)).toEqual(paths);
    expect(
      orphanedLogs(
        found.map((log) => ({ ...log, bytes: 0 })),
        layout,
      ),
    ).toEqual([]);
  });
});

describe('a start', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'likeness-orphans-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const leave = (path: string, content: string) => {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, '0000000000000001.wal'), content);
  };

  it('needs no log, and takes an empty one for none', () => {
    refuseOrphanedLogs(folder, { processes: true, replicas: 1 });
    leave('ingest-log', String(segmentHeader));
    refuseOrphanedLogs(folder, { processes: true, replicas: 1 });
  });

  it('is refused over the log of the other layout, and says how to drain it', () => {
    leave('ingest-log', `${String(segmentHeader)}events`);
    refuseOrphanedLogs(folder, { processes: false, replicas: 1 });
    expect(() => refuseOrphanedLogs(folder, { processes: true, replicas: 1 })).toThrow(/ingest-log.*without --proc/);
  });

  it('is refused over the log of a higher replica', () => {
    leave('ingest-1/ingest-log', `${String(segmentHeader)}events`);
    refuseOrphanedLogs(folder, { processes: true, replicas: 2 });
    expect(() => refuseOrphanedLogs(folder, { processes: true, replicas: 1 })).toThrow(/ingest-1.*2 replicas/);
  });
});
