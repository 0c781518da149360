/** What the archive counts. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { StoredSegment } from '../../shared/archive.ts';

export interface ArchiveMetrics {
  /** All segments that there are. */
  held(segments: readonly StoredSegment[]): void;
  /** A segment was closed, at a moment in milliseconds since 1970. */
  closed(events: number, now: number): void;
  changed(what: 'expired' | 'merged', segments: number): void;
  lost(offsets: number): void;
  lag(partition: number, records: number): void;
}

/** Counters are born at 0, so that what comes first counts as an increase. */
export function createMetrics(registry: Registry): ArchiveMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const segments = gauge('likeness_archive_segments', 'Segments that the archive consists of');
  const bytes = gauge('likeness_archive_bytes', 'What its segments take in the store, compressed');
  const last = new Gauge({
    name: 'likeness_archive_last_segment_timestamp_seconds',
    help: 'When the newest segment was closed, 0 if none was since the start',
    registers,
  });
  const lag = new Gauge({
    name: 'likeness_archive_lag_records',
    help: 'Records of events-clean that are not in the archive yet',
    labelNames: ['partition'],
    registers,
  });
  const events = new Counter({
    name: 'likeness_archive_events_total',
    help: 'Events that were put into segments',
    registers,
  });
  const changes = new Counter({
    name: 'likeness_archive_segments_total',
    help: 'Segments by what became of them: closed, merged, expired',
    labelNames: ['change'],
    registers,
  });
  const lost = new Counter({
    name: 'likeness_archive_lost_offsets_total',
    help: 'Offsets that the log had let go of before they were archived',
    registers,
  });
  for (const change of ['closed', 'merged', 'expired']) changes.inc({ change }, 0);
  return {
    held: (all) => {
      segments.set(all.length);
      bytes.set(all.reduce((sum, segment) => sum + segment.bytes, 0));
    },
    closed: (amount, now) => {
      events.inc(amount);
      changes.inc({ change: 'closed' });
      last.set(now / 1000);
    },
    changed: (change, amount) => changes.inc({ change }, amount),
    lost: (offsets) => lost.inc(offsets),
    lag: (partition, records) => lag.set({ partition }, records),
  };
}
