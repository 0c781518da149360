/** The operator itself, which serves the pipelines of all namespaces. */
import { max, operators, quantile, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

const writes = 'method=~"POST|PUT|PATCH|DELETE"';

export const operator: Row = {
  title: 'Operator',
  panels: [
    {
      kind: 'number',
      height: 8,
      title: 'Copies that lead',
      description:
        'Exactly one is to lead. 0: nobody looks after the pipelines, which run on as they are; look at the pods of the ' +
        'operator and at the Lease likeness-operator.',
      unit: 'short',
      queries: [{ expr: sum(operators('leader_election_master_status')), legend: 'leading' }],
      limits: { warn: 1, bad: 1, lowIsBad: true },
    },
    {
      kind: 'number',
      height: 8,
      title: 'Silence on the watches',
      description:
        'Since the API server was last heard on the watch that was heard least. Above 150 s a watch is begun anew; above ' +
        '300 s the operator is deaf: look at the API server and at the network.',
      unit: 's',
      queries: [{ expr: max(operators('likeness_watch_staleness_seconds')), legend: 'silence' }],
      limits: { warn: 150, bad: 300 },
    },
    {
      kind: 'lines',
      title: 'Time of a reconcile',
      description:
        'How long one pass over a pipeline takes; it never waits for Kafka. High p99: the API server answers slowly, or ' +
        'throttles (see API requests that fail).',
      unit: 's',
      queries: [0.5, 0.99].map((share) => ({
        expr: quantile(share, operators('controller_runtime_reconcile_time_seconds_bucket')),
        legend: `p${share * 100}`,
      })),
      limits: { warn: 1, bad: 10 },
    },
    {
      kind: 'stacked',
      title: 'Reconciles by result',
      description:
        'Passes a second. error: they are tried again, later each time; the log of the operator has the code. At rest ' +
        'each pipeline is looked at every 30 s.',
      unit: 'ops',
      queries: [{ expr: sum(rate(operators('controller_runtime_reconcile_total')), 'result'), legend: '{{result}}' }],
    },
    {
      kind: 'lines',
      title: 'Queue',
      description:
        'Pipelines that wait for a pass, and how long the slowest hundredth waits. It does not empty: raise `workers` of ' +
        'the chart, or find out why passes are slow.',
      unit: 'short',
      queries: [
        { expr: sum(operators('workqueue_depth')), legend: 'waiting' },
        { expr: quantile(0.99, operators('workqueue_queue_duration_seconds_bucket')), legend: 'seconds, p99' },
      ],
      limits: { warn: 100, bad: 1000 },
    },
    {
      kind: 'stacked',
      title: 'Writes to the API server',
      description:
        'Requests a second that change something, leases included. At rest the lease alone is written: more means that ' +
        'something is changed back and forth; look at Events and at other controllers.',
      unit: 'reqps',
      queries: [{ expr: sum(rate(operators('rest_client_requests_total', writes)), 'method'), legend: '{{method}}' }],
    },
    {
      kind: 'stacked',
      title: 'Answers of the API server',
      description:
        'Requests a second by status. 409 now and then is usual. 403: the Role was changed; install the chart again. 429 ' +
        'or <error>: the API server is overloaded or away.',
      unit: 'reqps',
      queries: [{ expr: sum(rate(operators('rest_client_requests_total')), 'code'), legend: '{{code}}' }],
    },
    {
      kind: 'lines',
      title: 'Silence by kind',
      description:
        'Since the API server was last heard, by what is watched. One kind alone is deaf: report it with the log.',
      unit: 's',
      queries: [{ expr: max(operators('likeness_watch_staleness_seconds'), 'resource'), legend: '{{resource}}' }],
      limits: { warn: 150, bad: 300 },
    },
    {
      kind: 'lines',
      title: 'Memory of the operator',
      description: 'Resident memory; it grows with the pipelines. Near the limit: raise `resources` of the chart.',
      unit: 'bytes',
      queries: [{ expr: max(operators('process_resident_memory_bytes'), 'pod'), legend: '{{pod}}' }],
    },
  ],
};
