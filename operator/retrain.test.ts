/** The table of cases of the retrain decision. */
import { expect, it } from 'vitest';
import { specSchema } from '../crds/pipeline.ts';
import { decideRetrain, type TrainingRun } from './retrain.ts';

const minute = 60_000;
const now = 100 * 24 * 60 * minute;
const run = (minutesAgo: number, records: number, outcome: TrainingRun['outcome'] = 'Succeeded'): TrainingRun => ({
  startedAt: now - minutesAgo * minute,
  records,
  outcome,
});
const failures = (count: number, minutesAgo: number) =>
  Array.from({ length: count }, () => run(minutesAgo, 10, 'Failed'));

const cases: readonly [
  name: string,
  records: number,
  runs: readonly TrainingRun[],
  expected: string,
  training?: object,
][] = [
  ['nothing to learn from', 0, [], 'NoEvents'],
  ['the first events', 10, [], 'Initial'],
  ['a run under way', 1000, [run(5, 10, 'Running')], 'Running'],
  ['too few events and little more since', 14, [run(0.1, 10, 'TooFewEvents')], 'NotGrown'],
  ['too few events and half as many again', 15, [run(0.1, 10, 'TooFewEvents')], 'Initial'],
  ['not twice as many', 199, [run(5, 100)], 'NotGrown'],
  ['twice as many', 200, [run(5, 100)], 'Growth'],
  ['twice as many within the cooldown', 200, [run(0.1, 100)], 'CoolingDown'],
  [
    'twice as many within the cooldown of the last, long after the first',
    200,
    [run(60, 10), run(0.1, 100)],
    'CoolingDown',
  ],
  ['growth of the spec', 299, [run(5, 100)], 'NotGrown', { retrain: { growth: '3' } }],
  ['twice as many under Never', 200, [run(5, 100)], 'Never', { retrain: { mode: 'Never' } }],
  ['never trained under Never', 200, [], 'Initial', { retrain: { mode: 'Never' } }],
  ['the budget spent', 9000, [run(60, 10), run(30, 100)], 'BudgetSpent', { retrain: { maxPerDay: 2 } }],
  ['the budget of yesterday', 9000, [run(60 * 25, 10), run(30, 100)], 'Growth', { retrain: { maxPerDay: 2 } }],
  ['just failed', 10, failures(1, 0.05), 'BackingOff'],
  ['failed and waited', 10, failures(1, 0.1), 'Initial'],
  ['failed three times, waited for one', 10, failures(3, 0.1), 'BackingOff'],
  ['failed three times and waited', 10, failures(3, 0.4), 'Initial'],
  ['failed for ever is tried every ten minutes', 10, failures(50, 10), 'Initial'],
  ['failed after a success, grown', 500, [run(60, 100), run(30, 300, 'Failed')], 'Growth'],
];

it.each(cases)('%s', (...[, records, runs, expected, training = {}]) => {
  const decision = decideRetrain({ now, records, runs, training: specSchema.shape.training.parse(training) });
  expect(decision.train ? decision.trigger : decision.reason).toBe(expected);
});
