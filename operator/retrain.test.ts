/** The table of cases of the retrain decision. */
import { expect, it } from 'vitest';
import { specSchema } from '../crds/pipeline.ts';
import {
  begun,
  dayMs,
  decideRetrain,
  emptyLedger,
  ended,
  ledgerOf,
  type RetrainInput,
  type TrainingRun,
} from './retrain.ts';

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
  ['failed for ever is tried every ten minutes', 10, failures(20, 10), 'Initial'],
  ['failed too often today', 10, failures(24, 10), 'BudgetSpent'],
  ['failed after a success, grown', 500, [run(60, 100), run(30, 300, 'Failed')], 'Growth'],
];

it.each(cases)('%s', (...[, records, runs, expected, training = {}]) => {
  expect(decide({ records, ledger: ledgerOf(runs), training })).toBe(expected);
});

type Given = Partial<Omit<RetrainInput, 'training' | 'now'>> & { readonly training?: object; readonly at?: number };

function decide({ training = {}, at = now, ...given }: Given): string {
  const read = specSchema.shape.training.parse(training);
  const decision = decideRetrain({ now: at, records: 100, ledger: emptyLedger, ...given, training: read });
  return decision.train ? decision.trigger : decision.reason;
}

const trained = (minutesAgo: number) => ledgerOf([run(minutesAgo, 100)]);
const onDrift = { retrain: { mode: 'OnDrift', cooldown: '1h', maxPerDay: 2 } };
const soon = { retrain: { mode: 'OnDrift' } };
/** 1970-04-11T00:00:00Z is `now`: midnight. */
const nightly = (schedule: string, timeZone?: string) => ({ retrain: { mode: 'OnSchedule', schedule, timeZone } });

const asked: readonly [name: string, given: Given, expected: string][] = [
  ['a person asks for the first time', { manual: 'a', ledger: trained(0.01) }, 'Manual'],
  [
    'a person asks under Never',
    { manual: 'a', ledger: trained(5), training: { retrain: { mode: 'Never' } } },
    'Manual',
  ],
  ['a person asks while one runs', { manual: 'a', ledger: ledgerOf([run(5, 10, 'Running')]) }, 'Running'],
  [
    'a person asks for another one in place of one that waits for a node',
    { manual: 'a', waits: true, ledger: ledgerOf([run(5, 10, 'Running')]) },
    'Manual',
  ],
  ['one waits for a node', { waits: true, drift: '7', ledger: ledgerOf([run(5, 10, 'Running')]) }, 'Running'],
  ['a person asks without events', { manual: 'a', records: 0 }, 'NoEvents'],
  ['what a person asked for was done', { manual: 'a', ledger: after('Manual', 'a') }, 'NotGrown'],
  ['a person asks once more', { manual: 'b', ledger: after('Manual', 'a') }, 'Manual'],
  ['a person asks beyond the budget', { manual: 'b', ledger: spent(2), training: onDrift }, 'Manual'],
  ['a verdict without a model', { drift: '7' }, 'Initial'],
  ['a verdict', { drift: '7', ledger: trained(61), training: onDrift }, 'Drift'],
  ['no verdict', { ledger: trained(61), training: onDrift }, 'NoDrift'],
  ['a verdict under another mode', { drift: '7', ledger: trained(61) }, 'NotGrown'],
  ['a verdict that was acted upon', { drift: '7', ledger: after('Drift', '7', 61), training: onDrift }, 'NoDrift'],
  [
    'a second verdict within the cooldown',
    { drift: '8', ledger: after('Drift', '7', 59), training: onDrift },
    'CoolingDown',
  ],
  ['a second verdict after the cooldown', { drift: '8', ledger: after('Drift', '7', 61), training: onDrift }, 'Drift'],
  ['a verdict beyond the budget', { drift: '9', ledger: spent(2), training: onDrift }, 'BudgetSpent'],
  ['twice as long since the change', { ...changed(140), ledger: after('Drift', '7', 70), training: onDrift }, 'Growth'],
  ['less than that', { ...changed(141), ledger: after('Drift', '7', 70), training: onDrift }, 'NoDrift'],
  [
    'as long, within the cooldown',
    { ...changed(80), ledger: after('Drift', '7', 40), training: onDrift },
    'CoolingDown',
  ],
  [
    'a change that no training has heard of',
    { ...changed(60), ledger: after('Drift', '7', 70), training: onDrift },
    'NoDrift',
  ],
  ['no verdict, and twice as many', { records: 200, ledger: trained(61), training: onDrift }, 'Growth'],
  ['a change under another mode', { ...changed(140), ledger: after('Drift', '7', 70) }, 'NotGrown'],
  ['too few events since the change', { ...changed(140), ledger: fewSince(46), training: soon }, 'NotGrown'],
  ['half as many again since the change', { ...changed(140), ledger: fewSince(47), training: soon }, 'Drift'],
  ['a tick since the last training', { ledger: trained(60), training: nightly('30 23 * * *') }, 'Schedule'],
  ['a tick of this very moment', { ledger: trained(60), training: nightly('0 0 * * *') }, 'Schedule'],
  ['no tick since the last training', { ledger: trained(20), training: nightly('30 23 * * *') }, 'NotScheduled'],
  ['a tick by another clock', { ledger: trained(60), training: nightly('30 0 * * *', 'Europe/Berlin') }, 'Schedule'],
  ['none by another clock', { ledger: trained(60), training: nightly('30 23 * * *', 'Europe/Berlin') }, 'NotScheduled'],
];

function after(trigger: 'Manual' | 'Drift', id: string, minutesAgo = 30) {
  return ended(begun(emptyLedger, { trigger, id, now: now - minutesAgo * minute, records: 100 }), 'Succeeded');
}

/** A change so many minutes ago, on whose verdict was acted. */
function changed(minutesAgo: number) {
  return { drift: '7', changedAt: now - minutesAgo * minute };
}

/** Of a run on that verdict that found too few events. */
function fewSince(minutesAgo: number) {
  const first = ended(
    begun(emptyLedger, { trigger: 'Initial', id: 'first', now: now - dayMs, records: 90 }),
    'Succeeded',
  );
  return ended(
    begun(first, { trigger: 'Drift', id: '7', now: now - minutesAgo * minute, records: 100 }),
    'TooFewEvents',
  );
}

function spent(count: number) {
  return ledgerOf(Array.from({ length: count }, (_, index) => run(120 - index, 100)));
}

it.each(asked)('%s', (_, given, expected) => {
  expect(decide(given)).toBe(expected);
});

it('says when a wait ends', () => {
  const until = (ledger: RetrainInput['ledger'], training: object, drift = '9') => {
    const read = specSchema.shape.training.parse(training);
    const decision = decideRetrain({ now, records: 100, ledger, training: read, drift });
    return decision.train ? 0 : (decision.until ?? 0) - now;
  };
  expect(until(trained(20), onDrift)).toBe(40 * minute);
  expect(until(ledgerOf(failures(2, 0.1)), {})).toBe(10_000 - 6000);
  expect(until(spent(2), onDrift)).toBe(dayMs - 120 * minute);
  expect(until(trained(20), nightly('30 0 * * *'))).toBe(30 * minute);
});

it('forgets of the budget what is older than a day, and what cost nothing', () => {
  const old = ledgerOf([run(60 * 25, 10), run(60, 20, 'TooFewEvents'), run(30, 40)]);
  expect(old.startTimes).toEqual([now - 30 * minute]);
  expect(old).toMatchObject({ count: 3, failures: 0, learned: { records: 40 } });
});

it('waits until fewer than the budget are of the last day, though people have asked for more', () => {
  const hour = 3_600_000;
  const startTimes = [1, 2, 3].map((at) => at * hour);
  const last = { startedAt: 3 * hour, records: 10, outcome: 'Failed' as const };
  const training = specSchema.shape.training.parse({ retrain: { maxPerDay: 2 } });
  const ledger = { ...emptyLedger, count: 3, last, failures: 1, startTimes };
  expect(decideRetrain({ now: 4 * hour, records: 100, ledger, training })).toEqual({
    train: false,
    reason: 'BudgetSpent',
    until: 26 * hour,
  });
});
