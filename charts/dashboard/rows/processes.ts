/** What the pods of the stages use. */
import { max, own, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const processes: Row = {
  title: 'Processes',
  panels: [
    {
      kind: 'lines',
      title: 'Processor time',
      description:
        'Cores that a pod uses. A process works on one core, ingest and feature a little more: near 1 it is at its end, ' +
        'and more replicas help.',
      unit: 'short',
      queries: [{ expr: sum(rate(own('process_cpu_seconds_total')), 'pod'), legend: '{{pod}}' }],
      limits: { warn: 0.8, bad: 1 },
    },
    {
      kind: 'lines',
      title: 'Memory',
      description:
        'Resident memory of a pod. It grows without end: report it. It nears the limit of the spec: raise the limit, or ' +
        'for feature have more replicas.',
      unit: 'bytes',
      queries: [{ expr: max(own('process_resident_memory_bytes'), 'pod'), legend: '{{pod}}' }],
    },
    {
      kind: 'lines',
      title: 'Event loop, p99 delay',
      description:
        'How long a process could not turn to the next thing. Above 100 ms for long: too little CPU (throttling by a ' +
        'limit shows here first), or very large bodies.',
      unit: 's',
      queries: [{ expr: max(own('nodejs_eventloop_lag_p99_seconds'), 'pod'), legend: '{{pod}}' }],
      limits: { warn: 0.1, bad: 1 },
    },
  ],
};
