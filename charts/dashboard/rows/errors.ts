/** What goes wrong, by its codes. */
import { failingShare, own, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const errors: Row = {
  title: 'Errors',
  panels: [
    {
      kind: 'lines',
      title: 'Answers that fail',
      description:
        'Share of the answers with a status of 500 or more, by service. Above 1% is an alert. 503 of ingest: Kafka and ' +
        'the log are away. 503 of serving: Redis is away. 500 is a bug: the log has the stack.',
      unit: 'percentunit',
      queries: [{ expr: failingShare(), legend: '{{service}}' }],
      limits: { warn: 0.001, bad: 0.01 },
    },
    {
      kind: 'stacked',
      title: 'Answers that are no success, by status',
      description:
        'Answers a second with a status of 400 or more. 401: a key is missing or was changed. 400: a sender is at ' +
        'fault. 404: profiles that do not exist are usual. 429: ingest is full, see Events that are not durable yet.',
      unit: 'reqps',
      queries: [
        {
          expr: sum(rate(own('likeness_http_request_seconds_count', 'status=~"[45].."')), 'service', 'status'),
          legend: '{{service}} {{status}}',
        },
      ],
    },
    {
      kind: 'stacked',
      title: 'Log lines by code',
      description:
        'Lines of the log from warn on, a second, by the code of what went wrong; docs/operations.md says of each code ' +
        'what to do. Retries show here: a code that goes on for minutes does not mend itself.',
      unit: 'ops',
      queries: [
        {
          expr: sum(rate(own('likeness_log_lines_total')), 'service', 'level', 'code'),
          legend: '{{service}} {{level}} {{code}}',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Restarts in a quarter of an hour',
      description:
        'Processes that began anew in their pod. One after a change is usual. Again and again: `kubectl logs --previous` ' +
        'ends with a code; 137 means that the memory limit is too low.',
      unit: 'short',
      queries: [{ expr: sum(`changes(${own('process_start_time_seconds')}[15m])`, 'pod'), legend: '{{pod}}' }],
      limits: { warn: 2, bad: 4 },
    },
    {
      kind: 'lines',
      title: 'Exactness lost',
      description:
        'Times a second that a bound cut off exact knowledge: ids forgotten within the window of deduplication (a ' +
        'repeat could count twice), or a feature at its bound. Bots and shared ids are the usual cause.',
      unit: 'ops',
      queries: [
        { expr: sum(rate(own('likeness_dedupe_overflow_total'))), legend: 'forgotten ids' },
        { expr: `${sum(rate(own('likeness_feature_overflow_total')))} or vector(0)`, legend: 'bounded features' },
      ],
    },
    {
      kind: 'lines',
      title: 'Records that serving cannot read',
      description:
        'Records of the streams items and models that were passed over, a second. Anything above 0: somebody else ' +
        'writes into these topics, or a release is older than what it reads.',
      unit: 'ops',
      queries: [{ expr: sum(rate(own('likeness_malformed_records_total')), 'stream'), legend: '{{stream}}' }],
      limits: { warn: 0.001, bad: 1 },
    },
  ],
};
