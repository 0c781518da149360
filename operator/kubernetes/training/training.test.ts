/** Trainings of one pipeline against an API server that only remembers what it was asked, and a cache that may lag. */
import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { exampleSpec, rendered } from '../../../test/golden/examples.ts';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import type { PipelineObject } from '../read-pipeline.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { Resource, KubeObject } from '../runtime/resource.ts';
import type { TrainingJob } from './observe-job.ts';
import { Trainings, type TrainingInput } from './training.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
type Job = TrainingJob & { readonly metadata: { readonly name: string } };

function world() {
  const clock = { time: start };
  const created: Job[] = [];
  const deleted: string[] = [];
  const patched: unknown[] = [];
  /** How each of them ended. */
  const ends: string[] = [];
  const state = { cache: [] as Job[], pods: [] as V1Pod[], verdict: undefined as string | undefined, refuses: false };
  const api = {
    create: async (_: Resource, object: KubeObject) => {
      if (state.refuses || created.some(({ metadata }) => metadata.name === object.metadata.name))
        throw new ApiError('exists', { code: 409, reason: 'AlreadyExists' });
      created.push(object as Job);
      return object;
    },
    delete: async (_: Resource, { name }: { name: string }) => (deleted.push(name), true),
    mergePatch: async (_: Resource, __: unknown, patch: unknown) => (patched.push(patch), {}),
    listPage: async () => ({ items: state.pods, resourceVersion: '1' }),
    find: async () => undefined,
  } as never;
  const reports = {
    progressOf: () => undefined,
    driftOf: () => undefined,
    verdictOf: () =>
      state.verdict === undefined ? undefined : { id: state.verdict, detector: 'd', feature: 'f', score: 1 },
  };
  const children = { of: () => state.cache };
  const trainings = new Trainings({ api, reports, children, timing: { now: () => clock.time } });
  const spec: PipelineSpec = exampleSpec('shop');
  const pass = (
    more: Partial<TrainingInput> & { annotations?: Record<string, string>; status?: PipelineObject['status'] } = {},
  ) => {
    const { annotations = {}, status, spec: changed = spec, ...rest } = more;
    const { plan, options } = rendered(changed, 'shop');
    const pipeline: PipelineObject = {
      apiVersion: 'likeness.dev/v1alpha1',
      kind: 'ProfilePipeline',
      metadata: { name: 'shop', namespace: 'default', uid: 'u-1', annotations },
      ...(status && { status }),
    };
    return trainings.pass('default/shop', { pipeline, plan, spec: changed, options, records: 100, ...rest });
  };
  /** The cache has caught up, and the last Job has come to this. */
  const end = (type: 'Complete' | 'Failed'): void => {
    ends.push(type);
    state.cache = created.map((job, index) => ({
      ...job,
      status: { conditions: [{ type: ends[index]!, status: 'True' }] },
    }));
  };
  return { clock, created, deleted, patched, state, spec, pass, end };
}

describe('a pass', () => {
  it('takes a Job that the cache does not show for long for one that is gone, and makes another', async () => {
    const { clock, created, pass } = world();
    const { status: training } = await pass();
    clock.time += 29_000;
    await pass({ status: { training } });
    expect(created).toHaveLength(1);
    clock.time += 2000;
    await pass({ status: { training } });
    expect(created).toHaveLength(2);
  });

  it('names the Secret without which its pod gets no container', async () => {
    const { pass, state } = world();
    const waiting = { waiting: { reason: 'ContainerCreating' } };
    state.pods = [{ spec: { nodeName: 'n' }, status: { containerStatuses: [{ state: waiting }] } } as unknown as V1Pod];
    const { message } = (await pass()).status;
    expect(message).toContain('there is no Secret shop-signing-key (spec.modelStore.signingKeySecretRef): create it');
  });

  it('makes one Job, however often it comes while the cache lags', async () => {
    const { created, pass, state } = world();
    for (let time = 0; time < 5; time++) expect((await pass()).isActive).toBe(true);
    expect(created).toHaveLength(1);
    state.cache = created;
    await pass();
    expect(created).toHaveLength(1);
  });

  it('makes none without knowing the records, or while the pipeline is suspended', async () => {
    const { created, pass, spec } = world();
    await pass({ records: undefined });
    await pass({ spec: { ...spec, suspend: true } });
    expect(created).toHaveLength(0);
  });

  it('keeps saying what it waits for while nobody knows the records', async () => {
    const { pass, end } = world();
    await pass();
    end('Failed');
    const { status: training } = await pass();
    expect(training.message).toContain('The next try is at');
    expect((await pass({ records: undefined, status: { training } })).status).toEqual(training);
    const annotations = { 'likeness.dev/retrain': 'a' };
    await pass({ annotations });
    const under = await pass({ annotations, records: undefined, status: { training } });
    expect(under.status.message).toBe('It has no pod yet.');
  });

  it('takes a Job that is there already for its own, and waits for the cache to show it', async () => {
    const { created, pass, state } = world();
    state.refuses = true;
    expect((await pass()).isActive).toBe(false);
    expect(created).toHaveLength(0);
  });

  it('begins one Job a wish, and one a verdict, whatever of status and cache is lost between', async () => {
    const { created, pass, end, state, spec, clock } = world();
    const onDrift = {
      ...spec,
      training: { ...spec.training, retrain: { ...spec.training.retrain, mode: 'OnDrift' as const } },
    };
    await pass({ spec: onDrift });
    end('Complete');
    await pass({ spec: onDrift, annotations: { 'likeness.dev/retrain': 'a' } });
    end('Complete');
    for (let time = 0; time < 3; time++) await pass({ spec: onDrift, annotations: { 'likeness.dev/retrain': 'a' } });
    expect(created).toHaveLength(2);
    clock.time += 60_000;
    state.verdict = 'v-1';
    for (let time = 0; time < 3; time++) await pass({ spec: onDrift, annotations: { 'likeness.dev/retrain': 'a' } });
    end('Complete');
    clock.time += 60_000;
    await pass({ spec: onDrift, annotations: { 'likeness.dev/retrain': 'a' } });
    expect(created.map(({ metadata }) => metadata.labels?.['likeness.dev/trigger'])).toEqual([
      'Initial',
      'Manual',
      'Drift',
    ]);
    expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(3);
  });

  it('puts another Job in the place of one that no node takes, when a person asks', async () => {
    const { created, deleted, pass, state } = world();
    const annotations = { 'likeness.dev/retrain': 'a' };
    await pass();
    state.cache = created;
    state.pods = [{ status: { phase: 'Running' } }];
    await pass({ annotations });
    expect(created).toHaveLength(1);
    state.pods = [{ status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False' }] } }];
    await pass();
    expect(created).toHaveLength(1);
    await pass({ annotations });
    await pass({ annotations });
    expect(created).toHaveLength(2);
    expect(new Set(deleted)).toEqual(new Set([created[0]!.metadata.name]));
    state.cache = created.slice(1);
    const { status } = await pass({ annotations });
    expect(status).toMatchObject({ trigger: 'Manual', runs: 2, jobName: created[1]!.metadata.name });
  });

  it('suspends a Job with its pipeline, and not what Kueue keeps', async () => {
    const { created, pass, patched, state, spec } = world();
    await pass();
    state.cache = created;
    await pass({ spec: { ...spec, suspend: true } });
    expect(patched).toEqual([{ metadata: {}, spec: { suspend: true } }]);
    state.cache = created.map((job) => ({ ...job, spec: { suspend: true } }));
    await pass();
    expect(patched).toHaveLength(2);
    const labels = { 'kueue.x-k8s.io/queue-name': 'q' };
    state.cache = state.cache.map((job) => ({ ...job, metadata: { ...job.metadata, labels } }));
    await pass();
    expect(patched).toHaveLength(2);
  });

  it('says why the last one failed, and deletes what the history does not keep', async () => {
    const { pass, end, deleted, created, spec } = world();
    const short = { ...spec, training: { ...spec.training, historyLimit: 1 } };
    await pass({ spec: short });
    end('Complete');
    await pass({ spec: short, annotations: { 'likeness.dev/retrain': 'a' } });
    end('Failed');
    const { failure, status } = await pass({ spec: short, annotations: { 'likeness.dev/retrain': 'a' } });
    expect(failure).toContain('Look at the log');
    expect(status).toMatchObject({ phase: 'Failed', consecutiveFailures: 1, runs: 2, trigger: 'Manual' });
    expect(status.message).toContain('The next try is at 2026-01-01T00:00:05Z.');
    expect(deleted).toEqual([created[0]!.metadata.name]);
  });
});
