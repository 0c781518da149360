/** What matters first: whether the pipeline does its work now. */
import { failingShare, max, own, quantile, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const now: Row = {
  title: 'Now',
  panels: [
    {
      kind: 'number',
      title: 'Ready',
      description:
        'Whether events become profiles and serving answers, as the operator sees it. Not ready: `likeness status NAME` ' +
        'says what is wrong and what to do; the row below shows which condition it is.',
      unit: 'none',
      queries: [{ expr: max(own('likeness_pipeline_condition', 'type="Ready"')), legend: 'Ready' }],
      limits: { warn: 1, bad: 1, lowIsBad: true },
      texts: { '0': { text: 'Not ready', color: 'red' }, '1': { text: 'Ready', color: 'green' } },
    },
    {
      kind: 'number',
      title: 'Events accepted',
      description:
        'Events a second that ingest has answered for. 0 while senders send: look at Errors and at their side.',
      unit: 'eps',
      queries: [{ expr: sum(rate(own('likeness_events_total', 'stage="ingest"', 'result="ok"'))), legend: 'accepted' }],
    },
    {
      kind: 'number',
      title: 'Records that wait',
      description:
        'Records that cleaner and feature have not worked on. If it grows and does not shrink again, the row Lag says ' +
        'which stage is slow: give that stage more replicas, or mend what it waits for.',
      unit: 'short',
      queries: [{ expr: sum(own('likeness_lag_events')), legend: 'waiting' }],
      limits: { warn: 10_000, bad: 100_000 },
    },
    {
      kind: 'number',
      title: 'Event to profile, p95',
      description:
        'From ingest to the committed profile. High with a high lag: too few replicas. High without lag: Redis or ' +
        'Kafka is slow.',
      unit: 's',
      queries: [{ expr: quantile(0.95, own('likeness_freshness_seconds_bucket')), legend: 'p95' }],
      limits: { warn: 2, bad: 30 },
    },
    {
      kind: 'number',
      title: 'Failing answers',
      description:
        'Share of the answers of ingest and serving with a status of 500 or more. See the row Errors for why.',
      unit: 'percentunit',
      queries: [{ expr: failingShare(), legend: '{{service}}' }],
      limits: { warn: 0.001, bad: 0.01 },
    },
    {
      kind: 'number',
      title: 'Age of the model',
      description:
        'Since the model that answers was trained. It does not fall: look at the rows Training and Model for trainings ' +
        'that fail or candidates that are refused.',
      unit: 's',
      queries: [
        { expr: `time() - ${max(own('likeness_model_trained_timestamp_seconds'), 'model')}`, legend: '{{model}}' },
      ],
      limits: { warn: 14 * 86_400, bad: 30 * 86_400 },
    },
    {
      kind: 'states',
      title: 'Conditions',
      description:
        'Conditions of the ProfilePipeline over time, filled while True. Ready, SpecValid, TopicsReady, StagesReady, ' +
        'ServingReady and ModelReady are to be filled; Degraded, PromotionHeld, DriftDetected and Paused are to be ' +
        'empty. `likeness status NAME` has the reason of each.',
      unit: 'none',
      queries: [{ expr: max(own('likeness_pipeline_condition'), 'type'), legend: '{{type}}' }],
      texts: { '0': { text: 'no', color: 'transparent' }, '1': { text: 'yes', color: 'blue' } },
    },
    {
      kind: 'lines',
      title: 'Replicas that are missing',
      description:
        'Desired replicas of a stage that do not do their work. Above 0 for long: `kubectl describe` a pod of the ' +
        'stage; images, volumes and full nodes are the usual causes.',
      unit: 'short',
      queries: [
        {
          expr:
            `${max(own('likeness_pipeline_replicas', 'state="desired"'), 'stage')} - ` +
            max(own('likeness_pipeline_replicas', 'state="ready"'), 'stage'),
          legend: '{{stage}}',
        },
      ],
      limits: { warn: 1, bad: 2 },
      width: 12,
    },
  ],
};
