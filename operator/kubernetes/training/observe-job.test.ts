/** What a training's Job and pods say of it. */
import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { observeJob, type TrainingJob } from './observe-job.ts';

const job = (more: Partial<TrainingJob> = {}, labels = {}): TrainingJob => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'shop-train-1', labels },
  ...more,
});
const ended = (type: string, reason?: string, message?: string) =>
  job({ status: { conditions: [{ type, status: 'True', ...(reason && { reason }), ...(message && { message }) }] } });
const pod = (status: V1Pod['status'], nodeName?: string, created = '2026-01-01T00:00:00Z') =>
  ({ metadata: { creationTimestamp: created }, spec: { containers: [], nodeName }, status }) as unknown as V1Pod;
const policy = (code: number) =>
  `Container trainer for pod a/b failed with exit code ${code} matching FailJob rule at index 0`;
const unschedulable = '0/3 nodes are available: 3 Insufficient nvidia.com/gpu.';
const unscheduled = pod({
  phase: 'Pending',
  conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unschedulable }],
});
const runs = pod({ phase: 'Running' }, 'gpu-1');

const cases: readonly [name: string, job: TrainingJob, pods: V1Pod[], phase: string, says: string, outcome?: string][] =
  [
    ['has succeeded', ended('Complete'), [runs], 'Succeeded', 'candidate', 'Succeeded'],
    ['failed too often', ended('Failed', 'BackoffLimitExceeded', 'no more'), [], 'Failed', 'Look at the log', 'Failed'],
    [
      'bad configuration',
      ended('Failed', 'PodFailurePolicy', policy(64)),
      [],
      'Failed',
      'which part of the spec',
      'Failed',
    ],
    [
      'too few events',
      ended('Failed', 'PodFailurePolicy', policy(65)),
      [],
      'Idle',
      'training.minEvents',
      'TooFewEvents',
    ],
    ['no pod', job(), [], 'Pending', 'no pod yet'],
    ['no node', job(), [unscheduled], 'Queued', unschedulable],
    ['no node, and what to do', job(), [unscheduled], 'Queued', 'likeness retrain'],
    ['on a node, creating', job(), [pod({ phase: 'Pending' }, 'gpu-1')], 'Pending', 'being created'],
    [
      'on a node, without its image',
      job(),
      [
        pod(
          { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } } as never] },
          'g',
        ),
      ],
      'Pending',
      'ImagePullBackOff',
    ],
    ['running', job(), [runs], 'Running', 'learns'],
    [
      'running after a failure',
      job({ status: { failed: 1 } }),
      [pod({ phase: 'Failed' }), runs],
      'Running',
      'failed 1 times',
    ],
    [
      'waits for Kueue',
      job({ spec: { suspend: true } }, { 'kueue.x-k8s.io/queue-name': 'q' }),
      [],
      'Queued',
      'queue q',
    ],
    ['suspended', job({ spec: { suspend: true } }), [], 'Suspended', 'spec.suspend'],
  ];

it.each(cases)('a training that %s', (...[, of, pods, phase, says, outcome = 'Running']) => {
  const observed = observeJob(of, pods);
  expect([observed.phase, observed.outcome]).toEqual([phase, outcome]);
  expect(observed.message).toContain(says);
});

it('says which node it is on', () => {
  expect(observeJob(job(), [runs]).node).toBe('gpu-1');
  expect(observeJob(job(), [unscheduled])).not.toHaveProperty('node');
});

describe('of several workers', () => {
  const shared = (succeeded?: number) =>
    job({ spec: { completions: 3 }, ...(succeeded !== undefined && { status: { succeeded } }) });
  const worker = (index: number, { spec, status }: V1Pod): V1Pod => {
    const annotations = { 'batch.kubernetes.io/job-completion-index': String(index) };
    return { metadata: { annotations }, ...(spec && { spec }), ...(status && { status }) };
  };
  const running = (index: number) => worker(index, pod({ phase: 'Running' }, `gpu-${index}`));

  it('it learns when all have begun, on the node of the first one', () => {
    expect(observeJob(shared(), [running(2), running(0), running(1)])).toEqual({
      outcome: 'Running',
      phase: 'Running',
      message: 'It learns, by 3 workers.',
      node: 'gpu-0',
    });
    expect(observeJob(shared(1), [running(0), running(2)]).phase).toBe('Running');
  });

  it('it waits for the one that is least far, and says how many have begun', () => {
    expect(observeJob(shared(), [running(0), worker(1, unscheduled), worker(2, pod({ phase: 'Pending' }))])).toEqual({
      outcome: 'Running',
      phase: 'Queued',
      message: `1 of 3 workers have begun. No node takes it: ${unschedulable} If none ever will, mend spec.training and ask anew: likeness retrain.`,
      node: 'gpu-0',
    });
    const two = observeJob(shared(), [running(0), running(1)]);
    expect(two).toMatchObject({ phase: 'Pending', message: '2 of 3 workers have begun. The others have no pod yet.' });
  });
});

it('looks at the newest pod', () => {
  const older = pod({ phase: 'Running' }, 'gpu-0', '2025-01-01T00:00:00Z');
  expect(observeJob(job(), [runs, older]).node).toBe('gpu-1');
});
