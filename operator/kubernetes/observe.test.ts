import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { observeStage, type StageWorkload } from './observe.ts';

interface Shape {
  readonly generation?: number;
  readonly observedGeneration?: number;
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

const workload = ({ generation = 2, ...status }: Shape): StageWorkload => ({
  kind: 'Deployment',
  metadata: { generation },
  spec: {
    replicas: 3,
    selector: {},
    serviceName: '',
    template: { spec: { containers: [{ name: 'cleaner', image: 'likeness:1' }] } },
  },
  status: { observedGeneration: 2, updatedReplicas: 3, ...status, replicas: 3 } as StageWorkload['status'],
});

const waiting = (reason: string, message?: string, exitCode?: number): V1Pod =>
  ({
    metadata: { name: 'shop-cleaner-x' },
    status: {
      containerStatuses: [
        { state: { waiting: { reason, message } }, ...(exitCode && { lastState: { terminated: { exitCode } } }) },
      ],
    },
  }) as unknown as V1Pod;

const seen = (...pods: V1Pod[]) => ({ pods, missing: [] });

test('a stage at rest', () => {
  expect(observeStage('cleaner', workload({ readyReplicas: 3 }))).toEqual({
    name: 'cleaner',
    desired: 3,
    ready: 3,
    image: 'likeness:1',
    reasons: [],
    failed: false,
  });
});

describe('ready replicas', () => {
  test.each<[string, Shape, number]>([
    ['of the old template do not count', { readyReplicas: 3, updatedReplicas: 1 }, 1],
    ['do not count until the controller has seen the spec', { readyReplicas: 3, observedGeneration: 1 }, 0],
    ['beyond what is wanted do not count', { readyReplicas: 5, updatedReplicas: 5 }, 3],
    ['are none at first', { updatedReplicas: 0 }, 0],
  ])('%s', (_name, shape, ready) => {
    expect(observeStage('cleaner', workload(shape)).ready).toBe(ready);
  });
});

describe('what is wrong', () => {
  test.each<[string, NonNullable<Shape['conditions']>[number], boolean]>([
    ['a deadline passed', { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }, true],
    ['pods that may not be made', { type: 'ReplicaFailure', status: 'True', message: 'violates PodSecurity' }, true],
    ['progress', { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }, false],
    ['a replica failure that is over', { type: 'ReplicaFailure', status: 'False' }, false],
  ])('%s: %j', (_name, condition, failed) => {
    const stage = observeStage('cleaner', workload({ readyReplicas: 1, conditions: [condition] }));
    expect(stage).toMatchObject({ failed, reasons: failed ? [condition.message ?? condition.reason] : [] });
  });

  test.each<[string, V1Pod]>([
    ['CrashLoopBackOff, last exit code 64', waiting('CrashLoopBackOff', 'back-off', 64)],
    ['ImagePullBackOff, no such image', waiting('ImagePullBackOff', 'no such image')],
  ])('a pod says %s', (wanted, pod) => {
    const stage = observeStage('cleaner', workload({ readyReplicas: 2 }), seen(pod, waiting('ContainerCreating')));
    expect(stage.reasons).toEqual([`pod shop-cleaner-x: ${wanted}`]);
  });

  test('a pod that no node takes says why', () => {
    const message = '0/3 nodes are available: 3 Insufficient memory.';
    const pod = {
      metadata: { name: 'p' },
      status: { conditions: [{ type: 'PodScheduled', status: 'False', message }] },
    } as unknown as V1Pod;
    expect(observeStage('cleaner', workload({}), seen(pod)).reasons).toEqual([`pod p: ${message}`]);
  });

  test('is said of three pods at most, and of none once all are ready', () => {
    const pods = Array.from({ length: 9 }, () => waiting('ImagePullBackOff'));
    expect(observeStage('cleaner', workload({}), seen(...pods)).reasons).toHaveLength(3);
    expect(observeStage('cleaner', workload({ readyReplicas: 3 }), seen(...pods)).reasons).toEqual([]);
  });

  test('what is missing comes first, and no waiting helps', () => {
    const missing = ['there is no Secret a'];
    const stage = observeStage('cleaner', workload({}), { ...seen(waiting('ErrImagePull')), missing });
    expect([stage.reasons, stage.failed]).toEqual([['there is no Secret a', 'pod shop-cleaner-x: ErrImagePull'], true]);
  });
});
