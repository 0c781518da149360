/** What is asked of serving, and what it answers with. */
import { max, own, quantile, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const serving: Row = {
  title: 'Serving',
  panels: [
    {
      kind: 'stacked',
      title: 'Requests by route',
      description:
        'Requests a second. A fall to 0 while the shop is open: readers cannot reach serving, or have no key.',
      unit: 'reqps',
      queries: [
        {
          expr: sum(rate(own('likeness_http_request_seconds_count', 'service="serving"')), 'route'),
          legend: '{{route}}',
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Latency by route, p99',
      description:
        'Slow for one route: that route. Slow for all: Redis, or the CPU limit of serving (row Processes); more replicas ' +
        'help against the latter.',
      unit: 's',
      queries: [
        {
          expr: quantile(0.99, own('likeness_http_request_seconds_bucket', 'service="serving"'), 'route'),
          legend: '{{route}}',
        },
      ],
      limits: { warn: 0.05, bad: 0.25 },
    },
    {
      kind: 'stacked',
      title: 'Recommendations by source',
      description:
        'Answers a second: personalised by the model and the history, or the most popular items, for visitors without a ' +
        'known history or while there is no model. Popularity alone: look at the row Model, and at Event to profile.',
      unit: 'reqps',
      queries: [
        { expr: sum(rate(own('likeness_recommendations_total')), 'model', 'result'), legend: '{{model}} {{result}}' },
      ],
    },
    {
      kind: 'lines',
      title: 'Predictions that were not logged',
      description:
        'Recommendations a second that could not be written to the stream predictions; answers do not suffer. Full: ' +
        'Kafka is slower than the answers. Refused: a right on the topic is missing.',
      unit: 'ops',
      queries: [{ expr: sum(rate(own('likeness_predictions_dropped_total')), 'reason'), legend: '{{reason}}' }],
      limits: { warn: 0.1, bad: 10 },
    },
    {
      kind: 'lines',
      title: 'Items of the catalogue',
      description:
        'Items that cleaner and serving know; they are to be equal within seconds. 0: no items were sent, and ' +
        'recommendations cannot be filtered by their attributes.',
      unit: 'short',
      queries: [{ expr: max(own('likeness_catalogue_items'), 'service'), legend: '{{service}}' }],
    },
    {
      kind: 'stacked',
      title: 'Model loads by result',
      description:
        'Attempts to load a model in a quarter of an hour. refused: the artifact is damaged, or signed by a key that is ' +
        'not trusted. unavailable: the model store does not answer. The model before serves on in both cases.',
      unit: 'short',
      queries: [
        {
          expr: sum(`increase(${own('likeness_model_loads_total')}[15m])`, 'model', 'result'),
          legend: '{{model}} {{result}}',
        },
      ],
    },
  ],
};
