/** What ingest counts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { countEvents } from '../shared/stage-metrics.ts';
import type { WriteAheadLog } from '../shared/adapters/write-ahead-log.ts';
import type { Pressure } from './pressure.ts';
import { refusalCodes, type Refusal } from './refusal.ts';

export interface IngestMetrics {
  /** Entries of one answered body. */
  fates(fates: readonly (Refusal | undefined)[]): void;
  /** A body of which nothing was taken, whatever it held. */
  refused(refusal: Refusal): void;
  answered(route: string, status: number, seconds: number): void;
}

export function createMetrics(registry: Registry): IngestMetrics {
  const registers = [registry];
  const count = countEvents(registry, 'ingest');
  const requests = new Counter({
    name: 'likeness_ingest_requests_refused_total',
    help: 'Request bodies refused as a whole, by reason',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of refusalCodes) requests.inc({ reason }, 0);
  const latency = new Histogram({
    name: 'likeness_http_request_seconds',
    help: 'Time from the request to its answer',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  });
  return {
    fates: (fates) => {
      const counts = new Map<string, number>();
      for (const fate of fates) counts.set(fate?.code ?? '', (counts.get(fate?.code ?? '') ?? 0) + 1);
      for (const [reason, amount] of counts) count({ result: reason === '' ? 'ok' : 'refused', reason }, amount);
    },
    refused: ({ code }) => requests.inc({ reason: code }),
    answered: (route, status, seconds) => latency.observe({ route, status }, seconds),
  };
}

/** Gauges that are read when somebody looks. */
export function watchLoad(registry: Registry, pressure: Pressure, log: WriteAheadLog | undefined): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('likeness_ingest_pending_events', 'Events in memory that are not durable yet', () => pressure.events);
  gauge('likeness_ingest_pending_bytes', 'Bytes of bodies and events in memory', () => pressure.bytes);
  if (log === undefined) return;
  gauge('likeness_ingest_log_bytes', 'Bytes of the write-ahead log on the disk', () => log.size);
  gauge('likeness_ingest_log_waiting_events', 'Events of the log that the broker lacks', () => log.waiting.events);
  gauge('likeness_ingest_log_failed', '1 while the write-ahead log cannot be written', () => (log.failure ? 1 : 0));
}
