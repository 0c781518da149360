/** How late a profile is, and how long callers wait. */
import { own, quantile } from '../queries.ts';
import type { Row } from './row.ts';

const quantiles = (buckets: string) =>
  [0.5, 0.95, 0.99].map((share) => ({ expr: quantile(share, buckets), legend: `p${share * 100}` }));

export const freshness: Row = {
  title: 'Freshness',
  panels: [
    {
      kind: 'lines',
      title: 'Event to profile',
      description:
        'From the moment that ingest has an event to the moment that serving would answer with it. p50 is high: the ' +
        'stages are behind (row Lag). p99 alone: pauses, rebalances or one slow partition.',
      unit: 's',
      queries: quantiles(own('likeness_freshness_seconds_bucket')),
      limits: { warn: 2, bad: 30 },
    },
    {
      kind: 'lines',
      title: 'Ingest answers in',
      description:
        'Time to answer a sender: until Kafka, or the write-ahead log, has the event. High: Kafka acknowledges slowly; ' +
        'look at its disks and at min.insync.replicas.',
      unit: 's',
      queries: quantiles(own('likeness_http_request_seconds_bucket', 'service="ingest"')),
      limits: { warn: 0.25, bad: 1 },
    },
    {
      kind: 'lines',
      title: 'Serving answers in',
      description:
        'Time to answer a reader. High on all routes: Redis or the CPU limit. High on recommendations alone: long ' +
        'histories or a large catalogue; give serving more CPU or replicas.',
      unit: 's',
      queries: quantiles(own('likeness_http_request_seconds_bucket', 'service="serving"')),
      limits: { warn: 0.05, bad: 0.25 },
    },
  ],
};
