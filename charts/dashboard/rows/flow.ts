/** How many events come, and what becomes of them. */
import { max, own, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const flow: Row = {
  title: 'Flow',
  panels: [
    {
      kind: 'lines',
      title: 'Events by stage and result',
      description:
        'Events a second. Where cleaner or feature stays below the stage before it for long, records wait (row Lag). ' +
        'feature drops repeats by design; many of them mean that a sender sends twice.',
      unit: 'eps',
      queries: [{ expr: sum(rate(own('likeness_events_total')), 'stage', 'result'), legend: '{{stage}} {{result}}' }],
      width: 12,
    },
    {
      kind: 'stacked',
      title: 'Dead letters and drops by reason',
      description:
        'Events that were kept aside or dropped, a second. `likeness dead-letters list --reason CODE` shows them; ' +
        'mend the sender or the spec, then `likeness dead-letters replay`. Poison is a bug: report it with the event.',
      unit: 'eps',
      queries: [
        {
          expr: sum(rate(own('likeness_events_total', 'result=~"deadLetter|drop"')), 'stage', 'reason'),
          legend: '{{stage}} {{reason}}',
        },
      ],
      width: 12,
    },
    {
      kind: 'stacked',
      title: 'Refused by ingest',
      description:
        'Events and whole bodies that ingest answered with an error, a second. 4xx reasons are mistakes of a sender, ' +
        'which sees the message. Overloaded, BrokerUnavailable and WriteAheadLogFailed are ours: senders are to repeat.',
      unit: 'eps',
      queries: [
        { expr: sum(rate(own('likeness_events_total', 'result="refused"')), 'reason'), legend: 'events {{reason}}' },
        { expr: sum(rate(own('likeness_ingest_requests_refused_total')), 'reason'), legend: 'bodies {{reason}}' },
      ],
    },
    {
      kind: 'lines',
      title: 'Events that are not durable yet',
      description:
        'Events in the memory of ingest, which no sender has been answered for. Grows while Kafka is slow or away; at ' +
        'its bound ingest answers 429. Look at Kafka; `ingest.log` in the spec bridges outages.',
      unit: 'short',
      queries: [{ expr: sum(own('likeness_ingest_pending_events'), 'pod'), legend: '{{pod}}' }],
      limits: { warn: 5000, bad: 20_000 },
    },
    {
      kind: 'lines',
      title: 'Write-ahead log of ingest',
      description:
        'Events on the disk that wait for Kafka, and the bytes of the disk, with `ingest.log` in the spec; 0 without it. ' +
        'Grows while Kafka is away; when it is full, ingest refuses. Failed is 1 while the disk cannot be written: mend it.',
      unit: 'short',
      queries: [
        { expr: `${sum(own('likeness_ingest_log_waiting_events'))} or vector(0)`, legend: 'events' },
        { expr: `${sum(own('likeness_ingest_log_bytes'))} or vector(0)`, legend: 'bytes' },
        { expr: `${max(own('likeness_ingest_log_failed'))} or vector(0)`, legend: 'failed' },
      ],
    },
  ],
};
