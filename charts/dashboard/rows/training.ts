/** Trainings: what runs, how it went. */
import { max, own, sum } from '../queries.ts';
import type { Row } from './row.ts';

const outcomes = 'reason=~"TrainingStarted|TrainingSucceeded|TrainingFailed"';

export const training: Row = {
  title: 'Training',
  panels: [
    {
      kind: 'states',
      title: 'Phase',
      description:
        'What the latest training does. Queued for long: no node has the GPUs that the spec wants, or Kueue does not ' +
        'admit it. Failed: `likeness status NAME` names the Job and its exit code. Idle: none was needed, or too few events.',
      unit: 'none',
      queries: [{ expr: `${max(own('likeness_training_phase'), 'phase')} > 0`, legend: '{{phase}}' }],
      texts: { '1': { text: 'yes', color: 'blue' } },
    },
    {
      kind: 'lines',
      title: 'Progress',
      description:
        'How much of the training under way is done, by the report of its trainer; 0 while none runs. It does not move: ' +
        'look at the log of the pod.',
      unit: 'percentunit',
      queries: [{ expr: max(own('likeness_training_progress_ratio')), legend: 'done' }],
      width: 12,
    },
    {
      kind: 'lines',
      title: 'Duration of the latest trainings',
      description:
        'From the Job to its end, waits for a node included, of the latest that succeeded and the latest that failed. ' +
        'Grows with the events; longer than the interval of retraining: more GPUs, or a lower `maxPerDay`.',
      unit: 's',
      queries: [{ expr: max(own('likeness_training_duration_seconds'), 'outcome'), legend: '{{outcome}}' }],
    },
    {
      kind: 'stacked',
      title: 'Trainings in an hour, by outcome',
      description:
        'Begins and ends. Many begins: a trigger that fires too often; `cooldown` and `maxPerDay` bound it. Failed: the ' +
        'model in service goes on, but grows old.',
      unit: 'short',
      queries: [
        { expr: sum(`increase(${own('likeness_transitions_total', outcomes)}[1h])`, 'reason'), legend: '{{reason}}' },
      ],
    },
    {
      kind: 'number',
      height: 8,
      title: 'Failures in a row',
      description:
        'Trainings that failed one after the other; each try waits longer. From 2 on it is an alert: the exit code in ' +
        'the status says whether the spec, the data, the broker or the model store is at fault.',
      unit: 'short',
      queries: [{ expr: max(own('likeness_training_consecutive_failures')), legend: 'failures' }],
      limits: { warn: 1, bad: 2 },
    },
    {
      kind: 'number',
      height: 8,
      title: 'Since the last success',
      description:
        'Since the last training that succeeded began. Longer than the interval that `training.retrain` means: look at ' +
        'the phase, and at `likeness status NAME` for what it waits for.',
      unit: 's',
      queries: [{ expr: `time() - ${max(own('likeness_training_last_success_timestamp_seconds'))}`, legend: 'since' }],
      limits: { warn: 14 * 86_400, bad: 30 * 86_400 },
    },
  ],
};
