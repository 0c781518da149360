/** Drift: how far the world has moved from what the model in service was trained on, and how well it still answers. */
import { max, own, sum } from '../queries.ts';
import type { Row } from './row.ts';

export const drift: Row = {
  title: 'Drift',
  panels: [
    {
      kind: 'lines',
      title: 'Distance from the training data',
      description:
        'By `training.retrain.driftMetric`, of each input and of the answers, in the last window of 1,000 sampled ' +
        'events. Above `threshold` for `consecutiveWindows` windows in a row is a verdict. One input alone: look at what ' +
        'sends it before training on it.',
      unit: 'none',
      queries: [{ expr: max(own('likeness_drift_score'), 'model', 'feature'), legend: '{{model}} {{feature}}' }],
    },
    {
      kind: 'lines',
      title: 'Hit rate before the event',
      description:
        'Share of the last sampled events whose item the model had among its first ten before they came, beside that of ' +
        'the ten most popular items. A fall is a verdict, and with `OnDrift` a training; a model near popularity is of ' +
        'little use.',
      unit: 'percentunit',
      queries: [
        { expr: max(own('likeness_model_hit_rate'), 'model'), legend: '{{model}}' },
        { expr: max(own('likeness_popularity_hit_rate'), 'model'), legend: '{{model}} popularity' },
      ],
    },
    {
      kind: 'lines',
      title: 'Verdicts of drift',
      description:
        'By the watch that gave them. Some in a row without a new model: trainings fail, wait for the budget, or the gate ' +
        'refuses their candidates; the rows Training and Model say which.',
      unit: 'none',
      queries: [{ expr: sum(own('likeness_drift_verdicts_total'), 'model', 'watch'), legend: '{{model}} {{watch}}' }],
    },
  ],
};
