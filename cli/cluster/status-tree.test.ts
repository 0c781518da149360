/** What `likeness status` shows of a pipeline, to the letter. */
import { describe, expect, it } from 'vitest';
import type { Condition, ModelStatus, PipelineStatus } from '../../crds/status.ts';
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { type EventObject, statusTree } from './status-tree.ts';

const now = Date.parse('2026-11-24T10:00:00Z');
const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();

const condition = (
  type: Condition['type'],
  status: Condition['status'],
  reason: string,
  message: string,
): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(3),
});

const model = (name: string, seen: ModelStatus) => ({ phase: 'Active' as const, ...seen, name });

const well: PipelineStatus = {
  observedGeneration: 2,
  epoch: 1,
  lag: '1234',
  conditions: [
    condition('Ready', 'True', 'Ready', 'Events become profiles, and serving answers.'),
    condition('SpecValid', 'True', 'Valid', 'The spec is valid.'),
    condition('TopicsReady', 'True', 'Ready', 'All topics are as they are wanted.'),
    condition('StagesReady', 'True', 'Ready', 'All stages are ready.'),
    condition('ServingReady', 'True', 'Ready', 'Serving answers.'),
    condition('Progressing', 'False', 'Settled', 'Nothing is being rolled out.'),
    condition('Degraded', 'False', 'Healthy', 'Nothing has failed.'),
  ],
  stages: [
    { name: 'ingest', desired: 1, ready: 1, image: 'likeness:1' },
    { name: 'cleaner', desired: 1, ready: 1, image: 'likeness:1', consumerLag: 0 },
    { name: 'feature', desired: 3, ready: 3, image: 'likeness:1', consumerLag: 1234 },
  ],
  serving: { url: 'http://shop-serving.first.svc', replicas: 2, readyReplicas: 2 },
  model: model('next-item', { active: { version: 'm-7', promotedAt: ago(300) }, generation: 3 }),
  training: {
    phase: 'Running',
    progressPercentage: 40,
    trigger: 'Drift',
    jobName: 'shop-train-0a1b2c3d',
    gpus: '1 nvidia.com/gpu',
    node: 'gpu-1',
    startTime: ago(12),
    consecutiveFailures: 2,
  },
};

const pipeline = (status: PipelineStatus | undefined, metadata: object = {}): PipelineObject => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name: 'shop', namespace: 'first', generation: 2, ...metadata },
  ...(status && { status }),
});

const withConditions = (...conditions: Condition[]): PipelineStatus => ({
  ...well,
  conditions: [...well.conditions!.filter(({ type }) => !conditions.some((one) => one.type === type)), ...conditions],
});

const shown = (of: PipelineObject, events: readonly EventObject[] = []): string =>
  statusTree({ pipeline: of, events, now }).join('\n');

const problems = (of: PipelineObject): string => shown(of).split('\n\n').slice(1).join('\n\n');

it('shows all of a pipeline that is well, with its newest events', () => {
  const events: EventObject[] = [
    { metadata: {}, type: 'Normal', reason: 'Ready', note: 'Serving answers.', eventTime: ago(3) },
    {
      metadata: {},
      type: 'Warning',
      reason: 'NotReady',
      note: 'feature has 0 of 3 replicas ready',
      eventTime: ago(40),
      series: { count: 2, lastObservedTime: ago(5) },
    },
    ...Array.from({ length: 9 }, () => ({
      metadata: { creationTimestamp: ago(60 * 30) },
      type: 'Normal',
      reason: 'Ready',
      eventTime: null,
    })),
  ];
  expect(shown(pipeline(well), events)).toBe(
    `
shop in first: ready (for 3m)
├─ spec      valid, generation 2
├─ topics    ready, 1,234 records wait before the slowest stage
├─ stages
│  ├─ ingest   1 of 1 ready, likeness:1
│  ├─ cleaner  1 of 1 ready, no records wait, likeness:1
│  └─ feature  3 of 3 ready, 1,234 records wait, likeness:1
├─ serving   2 of 2 ready, http://shop-serving.first.svc
├─ model     m-7, generation 3, in service for 5h
├─ training  Running, 40 %, set off by Drift, Job shop-train-0a1b2c3d, 1 nvidia.com/gpu, on gpu-1, begun 12m ago, 2 failed in a row
└─ events
   ├─ 3m   Normal Ready: Serving answers.
   ├─ 5m   Warning NotReady (2 times): feature has 0 of 3 replicas ready
   ├─ 30h  Normal Ready: 
   ├─ 30h  Normal Ready: 
   └─ 30h  Normal Ready: 
`.trim() + ' ',
  );
});

it('shows a pipeline that nobody has seen yet', () => {
  expect(shown(pipeline(undefined))).toBe(
    `
shop in first: not seen by an operator
├─ spec      not looked at, generation 2
├─ topics    not looked at
├─ stages
│  └─ none yet
├─ serving   none yet
├─ model     none in service yet
├─ training  none yet
└─ events
   └─ none in the last hour

What is wrong, and what to do:
  No operator has looked at it yet.
    kubectl get pods -A -l app.kubernetes.io/name=likeness,app.kubernetes.io/component=operator
    One that is limited to namespaces must be told of this one.
`.trim(),
  );
});

it('names models where there are several, and says which is on trial', () => {
  const status: PipelineStatus = {
    ...well,
    model: model('next-item', {
      phase: 'Canary',
      active: { version: 'm-8', promotedAt: ago(1) },
      generation: 4,
      canaryPercent: 10,
      bakeUntil: '2026-11-24T10:14:00Z',
    }),
    otherModels: [
      model('buys-soon', { phase: 'None' }),
      model('brands', {
        phase: 'AwaitingApproval',
        candidate: { version: 'm-9' },
        refusals: 2,
        lastRefusal: 'hit rate 0.11 is below 0.12',
        message: 'likeness promote decides',
      }),
    ],
  };
  expect(shown(pipeline(status))).toContain(
    `
├─ models
│  ├─ next-item  m-8, generation 4, in service for 60s, answers 10 % of the profiles, until 2026-11-24T10:14:00Z, Canary
│  ├─ buys-soon  none in service yet
│  └─ brands     none in service yet, candidate m-9, 2 refused in a row, the last because: hit rate 0.11 is below 0.12, AwaitingApproval: likeness promote decides
`.trim(),
  );
});

describe('what is wrong', () => {
  it('is nothing where all is well', () => {
    expect(problems(pipeline(well))).toBe('');
    const first = condition('ModelReady', 'False', 'NoModel', 'No model is in service yet.');
    expect(problems(pipeline(withConditions(first)))).toBe('');
  });

  it('names the pods of the stages that are behind, and says the same once', () => {
    const message = 'feature has 0 of 3 replicas ready: 3 Insufficient cpu';
    const status = {
      ...withConditions(
        condition('Ready', 'False', 'NotReady', message),
        condition('StagesReady', 'False', 'NotReady', message),
        condition('Progressing', 'True', 'RollingOut', 'Waiting for feature.'),
      ),
      stages: [{ name: 'feature' as const, desired: 3, ready: 0 }],
      serving: { replicas: 2, readyReplicas: 1 },
    };
    expect(shown(pipeline(status))).toContain('shop in first: not ready (NotReady, for 3m)\n');
    const of = (stage: string) => `-n first -l likeness.dev/pipeline=shop,app.kubernetes.io/component=${stage}`;
    expect(problems(pipeline(status))).toBe(
      [
        'What is wrong, and what to do:',
        `  StagesReady, NotReady: ${message}`,
        `    kubectl describe pods ${of('feature')}`,
        `    kubectl logs ${of('feature')} --tail=50`,
        `    kubectl describe pods ${of('serving')}`,
        `    kubectl logs ${of('serving')} --tail=50`,
      ].join('\n'),
    );
  });

  it('leads from a refused spec to the command that names its errors', () => {
    const refused = condition('SpecValid', 'False', 'SpecRefused', 'spec.features[0]: given …');
    expect(shown(pipeline(withConditions(refused)))).toContain('spec      SpecRefused, generation 2');
    expect(problems(pipeline(withConditions(refused)))).toContain(
      '  SpecValid, SpecRefused: spec.features[0]: given …\n    likeness validate FILE names every error',
    );
  });

  it('says that the operator is behind the spec, but not of a paused one', () => {
    const newer = { generation: 5 };
    expect(problems(pipeline(well, newer))).toContain('acted upon generation 2 of the spec, not yet upon 5.');
    const paused = condition('Paused', 'True', 'Annotation', 'The annotation likeness.dev/paused stops the operator.');
    const text = problems(pipeline(withConditions(paused), newer));
    expect(text).toContain('  Paused, Annotation: The annotation');
    expect(text).not.toContain('generation');
  });

  it('is what a deletion waits for, and nothing else, while there is one', () => {
    const status = withConditions(
      condition('Ready', 'False', 'Deleting', 'Removing failed: kafka:9092.'),
      condition('StagesReady', 'False', 'NotReady', 'ingest has 0 of 1 replicas ready'),
    );
    expect(problems(pipeline(status, { deletionTimestamp: ago(1), generation: 9 }))).toBe(
      'What is wrong, and what to do:\n  It is being deleted: Removing failed: kafka:9092.',
    );
  });

  it('is a failed application and an unreachable Kafka', () => {
    const status = withConditions(
      condition('TopicsReady', 'False', 'BrokerUnreachable', 'kafka:9092: refused. Check kafka.bootstrapServers.'),
      condition('Degraded', 'True', 'ApplyFailed', 'Service shop-serving: quota'),
    );
    const text = problems(pipeline(status));
    expect(text).toContain('TopicsReady, BrokerUnreachable: kafka:9092: refused');
    expect(text).toContain('Degraded, ApplyFailed: Service shop-serving: quota\n    It is tried again.');
  });
});

it('shows how far changed features are', () => {
  const backfill = { definition: '0a1b2c3d', progressPercentage: 40 };
  expect(shown(pipeline({ ...well, backfill }))).toContain(
    '─ backfill  features 0a1b2c3d, 40% of the history; the old ones serve\n',
  );
  expect(shown(pipeline(well))).not.toContain('backfill');
});

it('shows drift where models are watched', () => {
  const drift = {
    feature: 'item.rank',
    score: '0.41',
    windowsAboveThreshold: 3,
    hitRate: '0.12',
    lastEvaluatedTime: ago(2),
    retrainsToday: 1,
  };
  const found = { ...withConditions(condition('DriftDetected', 'True', 'InputsMoved', 'Verdict 7.')), drift };
  expect(shown(pipeline(found))).toContain(
    '├─ drift     found, item.rank 0.41 away, 3 windows in a row, hit rate 0.12, looked at 2m ago, 1 trainings in 24 h: Verdict 7.',
  );
  const none = { ...withConditions(condition('DriftDetected', 'False', 'NoDrift', 'No drift.')), drift: {} };
  expect(shown(pipeline(none))).toContain('├─ drift     none\n');
});
