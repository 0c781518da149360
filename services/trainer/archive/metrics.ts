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
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `likeness_archive_${name}`, help, labelNames, registers: [registry] });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `likeness_archive_${name}`, help, labelNames, registers: [registry] });
  const segments = gauge('segments', 'Segments that the archive consists of');
  const bytes = gauge('bytes', 'What its segments take in the store, compressed');
  const lag = gauge('lag_records', 'Records of events-clean that are not in the archive yet', ['partition']);
  const last = gauge(
    'last_segment_timestamp_seconds',
    'When the newest segment was closed, 0 if none was since the start',
  );
  const events = counter('events_total', 'Events that were put into segments');
  const changes = counter('segments_total', 'Segments by what became of them: closed, merged, expired', ['change']);
  const lost = counter('lost_offsets_total', 'Offsets that the log had let go of before they were archived');
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
