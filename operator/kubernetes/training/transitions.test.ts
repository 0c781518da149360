/** Which changes of a status become Events. */
import { expect, it } from 'vitest';
import type { PipelineStatus } from '../../../crds/status.ts';
import { transitionsBetween } from './transitions.ts';

const at = (training: PipelineStatus['training'], model: PipelineStatus['model'] = {}): PipelineStatus => ({
  training,
  model: { name: 'next-item', ...model },
});
const reasons = (before: PipelineStatus | undefined, after: PipelineStatus) =>
  transitionsBetween(before, after).map(({ type, reason }) => `${type} ${reason}`);

const cases: readonly [name: string, before: PipelineStatus | undefined, after: PipelineStatus, expected: string[]][] =
  [
    ['nothing', undefined, {}, []],
    ['the first training', undefined, at({ runs: 1, phase: 'Pending' }), ['Normal TrainingStarted']],
    ['its progress', at({ runs: 1, phase: 'Pending' }), at({ runs: 1, phase: 'Running' }), []],
    [
      'its success',
      at({ runs: 1, phase: 'Running' }),
      at({ runs: 1, phase: 'Succeeded' }),
      ['Normal TrainingSucceeded'],
    ],
    ['its failure', at({ runs: 1, phase: 'Running' }), at({ runs: 1, phase: 'Failed' }), ['Warning TrainingFailed']],
    ['too few events', at({ runs: 1, phase: 'Running' }), at({ runs: 1, phase: 'Idle' }), []],
    [
      'a failure after a failure',
      at({ runs: 1, phase: 'Failed' }),
      at({ runs: 2, phase: 'Failed' }),
      ['Normal TrainingStarted', 'Warning TrainingFailed'],
    ],
    ['a canary', at({}, { generation: 1 }), at({}, { generation: 2, phase: 'Canary' }), ['Normal ModelAnnounced']],
    [
      'the canary all the time',
      at({}, { generation: 2, phase: 'Canary' }),
      at({}, { generation: 2, phase: 'Canary' }),
      [],
    ],
    [
      'a trial that failed',
      at({}, { generation: 2, active: { version: 'v2' }, lastStable: { version: 'v1' } }),
      at({}, { generation: 3, active: { version: 'v1' } }),
      ['Warning ModelTakenBack'],
    ],
    [
      'a trial that went well',
      at({}, { generation: 2, active: { version: 'v2' }, lastStable: { version: 'v1' } }),
      at({}, { generation: 3, active: { version: 'v2' }, lastStable: { version: 'v1' } }),
      ['Normal ModelAnnounced'],
    ],
    ['a refusal', at({}, { refusals: 0 }), at({}, { refusals: 1 }), ['Warning ModelRefused']],
    [
      'the third refusal',
      at({}, { refusals: 2 }),
      at({}, { refusals: 3, phase: 'Held' }),
      ['Warning ModelRefused', 'Warning PromotionHeld'],
    ],
    ['a wish for approval', at({}, {}), at({}, { phase: 'AwaitingApproval' }), ['Normal ModelAwaitsApproval']],
  ];

it.each(cases)('%s', (_, before, after, expected) => {
  expect(reasons(before, after)).toEqual(expected);
});

it('names the Job, or the model, and says why', () => {
  const failed = at({ runs: 1, phase: 'Failed', jobName: 'shop-train-1', message: 'the log says' });
  expect(transitionsBetween(at({ runs: 1, phase: 'Running' }), failed)[0]!.note).toBe('shop-train-1: the log says');
  const long = at({}, { refusals: 1, message: 'x'.repeat(1024) });
  expect(transitionsBetween(at({}), long)[0]!.note).toHaveLength(900);
});
