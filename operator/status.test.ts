import { describe, expect, test } from 'vitest';
import { statusSchema, type Condition, type PipelineStatus } from '../crds/status.ts';
import { computeStatus, pausedStatus, type StageObserved, type StatusInput } from './status.ts';

const stage = (name: StageObserved['name'], over: Partial<StageObserved> = {}): StageObserved => ({
  name,
  desired: 2,
  ready: 2,
  image: 'likeness:1',
  reasons: [],
  failed: false,
  ...over,
});

const stages = (over: Partial<StageObserved> = {}): StageObserved[] => [
  stage('ingest'),
  stage('cleaner', over),
  stage('feature'),
  stage('serving'),
];

const input = (over: Partial<StatusInput> = {}): StatusInput => ({
  generation: 3,
  now: Date.parse('2026-01-02T03:04:05Z'),
  operatorVersion: '0.1.0',
  epoch: 1,
  previous: undefined,
  refusal: undefined,
  suspended: false,
  topics: { outcome: 'Ready', message: '', lag: { cleaner: 5, feature: 12 } },
  applyFailure: undefined,
  stages: stages(),
  serving: { url: 'http://shop-serving.shops.svc:8080', selector: 'a=b' },
  ...over,
});

const condition = (status: PipelineStatus, type: Condition['type']): Condition | undefined =>
  status.conditions?.find((found) => found.type === type);

const summary = (over: Partial<StatusInput>, type: Condition['type'] = 'Ready') => {
  const found = condition(computeStatus(input(over)), type)!;
  return `${found.status} ${found.reason}`;
};

test('all is well', () => {
  const status = computeStatus(input());
  expect(statusSchema.parse(status)).toEqual(status);
  expect(status).toMatchObject({
    observedGeneration: 3,
    lag: '12',
    stages: [
      { name: 'ingest', desired: 2, ready: 2, image: 'likeness:1' },
      { name: 'cleaner', consumerLag: 5 },
      { name: 'feature', consumerLag: 12 },
    ],
    serving: { url: 'http://shop-serving.shops.svc:8080', selector: 'a=b', replicas: 2, readyReplicas: 2 },
  });
  expect(status.conditions?.map(({ type, status: value }) => `${type} ${value}`)).toEqual([
    'Ready True',
    'SpecValid True',
    'TopicsReady True',
    'StagesReady True',
    'ServingReady True',
    'Progressing False',
    'Degraded False',
  ]);
});

describe('Ready', () => {
  const refusal = { reason: 'SpecRefused', message: 'spec.features: x' } as const;
  const topics = (outcome: 'Checking' | 'Refused' | 'Unreachable') => ({
    outcome,
    message: 'kafka:9092: why',
    lag: {},
  });
  test.each<[string, Partial<StatusInput>]>([
    ['False SpecRefused', { refusal }],
    ['False SpecRefused', { refusal, topics: topics('Unreachable') }],
    ['False BrokerUnreachable', { topics: topics('Unreachable') }],
    ['False TopicsRefused', { topics: topics('Refused') }],
    ['Unknown Checking', { topics: topics('Checking') }],
    ['False NotReady', { topics: topics('Checking'), stages: stages({ ready: 1 }) }],
    ['False Failing', { stages: stages({ ready: 0, failed: true }) }],
    ['False Suspended', { suspended: true, stages: stages({ ready: 0, desired: 0 }) }],
    ['Unknown NotCreated', { stages: [] }],
    ['Unknown NoValidSpec', { topics: undefined, stages: stages() }],
  ])('is %s', (wanted, over) => {
    expect(summary(over)).toBe(wanted);
  });

  test('is what the operator before it found out, until this one has asked Kafka itself', () => {
    const previous = computeStatus(input({}));
    const after = (generation: number) =>
      computeStatus(input({ previous, generation, now: input({}).now + 60_000, topics: topics('Checking') }));
    expect(after(input({}).generation)).toEqual(previous);
    expect(condition(after(input({}).generation + 1), 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'Checking',
    });
    expect(after(input({}).generation + 1).lag).toBe(previous.lag);
  });

  test('says the address and the error of a broker that does not answer, and what to do', () => {
    const { message } = condition(computeStatus(input({ topics: topics('Unreachable') })), 'Ready')!;
    expect(message).toBe(
      'kafka:9092: why. Check kafka.bootstrapServers, the network and the credentials; it is tried again.',
    );
  });

  test('names the stage that is behind, and why', () => {
    const behind = stages({ ready: 1, reasons: ['pod shop-cleaner-x: ImagePullBackOff'] });
    const { message } = condition(computeStatus(input({ stages: behind })), 'StagesReady')!;
    expect(message).toBe('cleaner has 1 of 2 replicas ready: pod shop-cleaner-x: ImagePullBackOff');
  });

  test('of a pipeline whose serving alone is behind', () => {
    const behind = [...stages().slice(0, 3), stage('serving', { ready: 0 })];
    expect(summary({ stages: behind }, 'StagesReady')).toBe('True Ready');
    expect(summary({ stages: behind }, 'ServingReady')).toBe('False NotReady');
    expect(summary({ stages: behind })).toBe('False NotReady');
  });
});

test.each<[string, string, Partial<StatusInput>]>([
  ['True RollingOut', 'False Healthy', { stages: stages({ ready: 1 }) }],
  ['False Settled', 'True StageFailing', { stages: stages({ ready: 1, failed: true }) }],
  ['False Settled', 'True ApplyFailed', { applyFailure: 'Deployment shop-cleaner: forbidden' }],
  ['False Settled', 'False Healthy', { suspended: true, stages: stages({ ready: 1 }) }],
])('Progressing is %s, Degraded is %s', (going, bad, over) => {
  expect(summary(over, 'Progressing')).toBe(going);
  expect(summary(over, 'Degraded')).toBe(bad);
});

describe('what was said before', () => {
  const before = computeStatus(input());
  const later = Date.parse('2026-01-03T00:00:00Z');

  test('stays word for word while nothing changes, so that nothing is written', () => {
    expect(computeStatus(input({ previous: before, now: later }))).toEqual(before);
  });

  test('keeps the time of a condition until its status changes', () => {
    const status = computeStatus(input({ previous: before, now: later, generation: 4, stages: stages({ ready: 1 }) }));
    expect(condition(status, 'SpecValid')).toMatchObject({
      observedGeneration: 4,
      lastTransitionTime: '2026-01-02T03:04:05Z',
    });
    expect(condition(status, 'Ready')?.lastTransitionTime).toBe('2026-01-03T00:00:00Z');
  });

  test('of the model and of training is left to those who know it', () => {
    const model = { name: 'next-item', phase: 'Active', generation: 7 } as const;
    const previous: PipelineStatus = { ...before, model, training: { phase: 'Running' } };
    expect(computeStatus(input({ previous }))).toMatchObject({
      model,
      training: { phase: 'Running' },
    });
  });

  test('is Degraded by a training that failed, and no less ready for it', () => {
    const model = { name: 'next-item', active: { version: 'v1' } };
    const learning = {
      training: { phase: 'Failed' },
      trainingFailure: 'It broke.',
      models: [model],
      verdicts: {},
    } as const;
    const status = computeStatus(input({ learning }));
    expect(condition(status, 'Degraded')).toMatchObject({
      status: 'True',
      reason: 'TrainingFailed',
      message: 'It broke. The model in service goes on answering. It is tried again later, or by likeness retrain.',
    });
    expect(condition(status, 'Ready')?.status).toBe(condition(computeStatus(input({})), 'Ready')?.status);
    expect(status).toMatchObject({ training: { phase: 'Failed' }, model });
  });

  test('is Degraded while a gate is silent, in the words of what is waited for', () => {
    const silence = 'next-item: The gate has not judged v2.';
    const learning = { training: { phase: 'Idle' }, trainingFailure: undefined, models: [], verdicts: {} } as const;
    const degradedBy = (more: object) =>
      condition(computeStatus(input({ learning: { ...learning, ...more } })), 'Degraded');
    expect(degradedBy({ gateSilence: silence })).toMatchObject({
      status: 'True',
      reason: 'GateSilent',
      message: silence,
    });
    expect(degradedBy({})).toMatchObject({ status: 'False', reason: 'Healthy' });
    const both = degradedBy({ gateSilence: silence, trainingFailure: 'It broke.' });
    expect(both).toMatchObject({ reason: 'TrainingFailed' });
  });

  test('loses what it said of models with the last of them', () => {
    const verdicts = { ModelReady: { status: 'True', reason: 'InService', message: '' } } as const;
    const models = [{ name: 'a' }, { name: 'b' }];
    const learning = { training: { phase: 'Idle' }, trainingFailure: undefined, models, verdicts } as const;
    const previous = computeStatus(input({ learning }));
    expect(previous.otherModels).toEqual([{ name: 'b' }]);
    const none = { training: undefined, trainingFailure: undefined, models: [], verdicts: {} };
    const status = computeStatus(input({ previous, learning: none }));
    expect([status.model, status.otherModels, status.training]).toEqual([undefined, undefined, undefined]);
    expect(condition(status, 'ModelReady')).toBeUndefined();
  });

  test('is left alone by a pause, observedGeneration too, and Paused goes when it ends', () => {
    const paused = pausedStatus(before, 9, later);
    expect(paused).toMatchObject({ observedGeneration: 3, stages: before.stages });
    expect(condition(paused, 'Paused')).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-03T00:00:00Z' });
    expect(condition(paused, 'Ready')).toEqual(condition(before, 'Ready'));
    expect(condition(computeStatus(input({ previous: paused })), 'Paused')).toBeUndefined();
  });
});

test('a long message is cut to what the schema takes', () => {
  const refusal = { reason: 'SpecRefused', message: 'x'.repeat(5000) } as const;
  const status = computeStatus(input({ refusal }));
  expect(condition(status, 'SpecValid')?.message).toHaveLength(1024);
  expect(statusSchema.safeParse(status).success).toBe(true);
});
