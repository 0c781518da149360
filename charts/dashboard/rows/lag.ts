/** What waits, where, and whether it becomes more. */
import { max, own, rate, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const lag: Row = {
  title: 'Lag',
  panels: [
    {
      kind: 'lines',
      title: 'Lag by stage and partition',
      description:
        'Records that a stage has not worked on, as the stage itself sees it. All partitions grow: more replicas, up to ' +
        'one a partition. One grows: a hot profile, or the store of that partition is in trouble (see Errors).',
      unit: 'short',
      queries: [{ expr: max(own('likeness_lag_events'), 'stage', 'partition'), legend: '{{stage}} {{partition}}' }],
      limits: { warn: 10_000, bad: 100_000 },
    },
    {
      kind: 'lines',
      title: 'Lag as Kafka keeps it',
      description:
        'The consumerLag that the operator writes into the status: of the positions that Kafka keeps. It is there even ' +
        'when no pod of the stage runs. If it grows while the panel beside it shows nothing, the stage is down.',
      unit: 'short',
      queries: [{ expr: max(own('likeness_pipeline_consumer_lag_events'), 'stage'), legend: '{{stage}}' }],
      limits: { warn: 10_000, bad: 100_000 },
    },
    {
      kind: 'lines',
      title: 'Growth of the lag',
      description:
        'Records a second by which the lag grows (above 0) or shrinks. Above 0 for a quarter of an hour is the alert ' +
        'LikenessLagGrowing; divide the lag by a negative value to know when a stage has caught up.',
      unit: 'eps',
      queries: [{ expr: sum(`deriv(${own('likeness_lag_events')}[5m])`, 'stage'), legend: '{{stage}}' }],
    },
    {
      kind: 'lines',
      title: 'Commits of feature',
      description:
        'Commits to the profile store a second. conflict: another instance was first, normal for seconds at a ' +
        'rebalance. unknown: Redis did not answer in time. Both do not stop: look at Redis and at restarts.',
      unit: 'ops',
      queries: [{ expr: sum(rate(own('likeness_commits_total')), 'outcome'), legend: '{{outcome}}' }],
      width: 12,
    },
    {
      kind: 'lines',
      title: 'Profiles from cache and store',
      description:
        'Profiles that feature needed a second, by where they were found. Many from the store make it slow: give ' +
        'feature more memory, or more replicas, so that its share of the profiles fits.',
      unit: 'ops',
      queries: [{ expr: sum(rate(own('likeness_profile_loads_total')), 'from'), legend: '{{from}}' }],
      width: 12,
    },
  ],
};
