/** What Prometheus sees of the pipelines in the cache. */
import { Registry } from 'prom-client';
import { beforeEach, expect, it } from 'vitest';
import type { PipelineStatus } from '../../crds/status.ts';
import { registerPipelineMetrics } from './pipeline-metrics.ts';
import type { PipelineObject } from './read-pipeline.ts';
import type { ChangeHandler } from './runtime/informer.ts';
import type { TrainingJob } from './training/observe-job.ts';

let pipelines: Map<string, PipelineObject>;
let jobs: TrainingJob[];
let tell: ChangeHandler<PipelineObject>;
let registry: Registry;

beforeEach(() => {
  pipelines = new Map();
  jobs = [];
  registry = new Registry();
  registerPipelineMetrics(registry, {
    pipelines: {
      values: () => pipelines.values(),
      onChange: (handler) => {
        tell = handler;
        return () => undefined;
      },
    },
    jobsOf: (key) => (key === 'shops/shop' ? jobs : []),
    timing: { turn: () => Promise.resolve() },
  });
});

function put(status: PipelineStatus | undefined, spec: object = {}): void {
  const previous = pipelines.get('shops/shop');
  const object: PipelineObject = {
    apiVersion: 'likeness.dev/v1alpha1',
    kind: 'ProfilePipeline',
    metadata: { namespace: 'shops', name: 'shop' },
    spec,
    ...(status && { status }),
  };
  pipelines.set('shops/shop', object);
  void tell(previous ? { type: 'Modified', object, previous } : { type: 'Added', object });
}

/** Without the labels that all of them have. */
async function lines(name: string): Promise<string[]> {
  const text = await registry.getSingleMetricAsString(name);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(name, '').replace(/namespace="shops",pipeline="shop",?/, ''));
}

const job = (name: string, seconds: number, condition: object): TrainingJob => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'shops', creationTimestamp: '2026-01-01T00:00:00Z' },
  status: {
    conditions: [
      { status: 'True', lastTransitionTime: new Date(Date.UTC(2026, 0, 1) + seconds * 1000), ...condition } as never,
    ],
  },
});

it('shows nothing where there is no pipeline, and little of one without a status', async () => {
  expect(await lines('likeness_pipeline_condition')).toEqual([]);
  put(undefined, { suspend: true });
  expect(await lines('likeness_pipeline_condition')).toEqual([]);
  expect(await lines('likeness_pipeline_suspended')).toEqual(['{} 1']);
});

it('shows conditions, replicas and lag, and forgets what is no longer so', async () => {
  const condition = { reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
  put({
    conditions: [
      { type: 'Ready', status: 'True', ...condition },
      { type: 'Degraded', status: 'Unknown', ...condition },
    ],
    stages: [{ name: 'cleaner', desired: 2, ready: 1, consumerLag: 7 }, { name: 'ingest' }],
    serving: { replicas: 3, readyReplicas: 3 },
  });
  expect(await lines('likeness_pipeline_condition')).toEqual(['{type="Ready"} 1', '{type="Degraded"} 0']);
  expect(await lines('likeness_pipeline_suspended')).toEqual(['{} 0']);
  expect(await lines('likeness_pipeline_consumer_lag_events')).toEqual(['{stage="cleaner"} 7']);
  expect(await lines('likeness_pipeline_replicas')).toEqual([
    '{stage="cleaner",state="desired"} 2',
    '{stage="cleaner",state="ready"} 1',
    '{stage="serving",state="desired"} 3',
    '{stage="serving",state="ready"} 3',
  ]);
  pipelines.clear();
  expect(await lines('likeness_pipeline_replicas')).toEqual([]);
});

it('shows the training: one phase, progress of a run, failures, the latest durations', async () => {
  put({
    training: {
      phase: 'Running',
      progressPercentage: 40,
      runs: 3,
      consecutiveFailures: 1,
      lastSuccessTime: '2026-01-01T00:00:10Z',
    },
  });
  jobs = [
    job('b', 90, { type: 'Complete' }),
    job('a', 60, { type: 'Complete' }),
    job('c', 30, { type: 'Failed' }),
    job('d', 99, { type: 'Failed', status: 'False' }),
  ];
  expect(await lines('likeness_training_phase')).toEqual(['{phase="Running"} 1']);
  expect(await lines('likeness_training_progress_ratio')).toEqual(['{} 0.4']);
  expect(await lines('likeness_training_runs')).toEqual(['{} 3']);
  expect(await lines('likeness_training_consecutive_failures')).toEqual(['{} 1']);
  expect(await lines('likeness_training_last_success_timestamp_seconds')).toEqual(['{} 1767225610']);
  expect(await lines('likeness_training_duration_seconds')).toEqual([
    '{outcome="succeeded"} 90',
    '{outcome="failed"} 30',
  ]);
  put({ training: { phase: 'Idle' } });
  expect(await lines('likeness_training_progress_ratio')).toEqual(['{} 0']);
});

it('shows each model: its phase, generation, trial and versions', async () => {
  put({
    model: {
      name: 'next-item',
      phase: 'Canary',
      generation: 4,
      canaryPercent: 25,
      refusals: 0,
      active: { version: 'v2', promotedAt: '2026-01-01T00:00:00Z' },
      lastStable: { version: 'v1' },
    },
    otherModels: [{ name: 'other', phase: 'None', refusals: 2 }],
  });
  expect(await lines('likeness_model_phase')).toEqual([
    '{model="next-item",phase="Canary"} 1',
    '{model="other",phase="None"} 1',
  ]);
  expect(await lines('likeness_model_announced_generation')).toEqual(['{model="next-item"} 4']);
  expect(await lines('likeness_model_canary_percent')).toEqual(['{model="next-item"} 25']);
  expect(await lines('likeness_model_refusals')).toEqual(['{model="next-item"} 0', '{model="other"} 2']);
  expect(await lines('likeness_model_promoted_timestamp_seconds')).toEqual(['{model="next-item"} 1767225600']);
  expect(await lines('likeness_model_info')).toEqual([
    '{model="next-item",role="active",version="v2"} 1',
    '{model="next-item",role="lastStable",version="v1"} 1',
  ]);
});

it('counts transitions from 0 on, and forgets them with the pipeline', async () => {
  put({ training: { runs: 0, phase: 'Idle' } });
  expect((await lines('likeness_transitions_total')).every((line) => line.endsWith(' 0'))).toBe(true);
  for (const runs of [1, 2]) {
    put({ training: { runs, phase: 'Pending' } });
    put({ training: { runs, phase: 'Failed' } });
  }
  const counted = async () => (await lines('likeness_transitions_total')).filter((line) => !line.endsWith(' 0'));
  expect(await counted()).toEqual(['{reason="TrainingStarted"} 2', '{reason="TrainingFailed"} 2']);
  const object = pipelines.get('shops/shop')!;
  void tell({ type: 'Deleted', object, previous: object });
  expect(await counted()).toEqual([]);
  pipelines.clear();
  expect(await lines('likeness_transitions_total')).toEqual([]);
});

it('is written one metric after the other, so that a scrape of many pipelines holds nothing up', async () => {
  const order: string[] = [];
  const other = new Registry();
  registerPipelineMetrics(other, {
    pipelines: {
      values: () => {
        order.push('samples');
        return pipelines.values();
      },
      onChange: () => () => undefined,
    },
    jobsOf: () => [],
    timing: {
      turn: () =>
        new Promise((resolve) =>
          setImmediate(() => {
            order.push('turn');
            resolve();
          }),
        ),
    },
  });
  await other.metrics();
  expect(order.length).toBeGreaterThan(30);
  expect(order.every((what, index) => what === (index % 2 === 0 ? 'turn' : 'samples'))).toBe(true);
});
