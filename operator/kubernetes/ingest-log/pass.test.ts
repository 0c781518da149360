import { describe, expect, it } from 'vitest';
import { type PipelineSpec, specSchema } from '../../../crds/pipeline.ts';
import { planPipeline } from '../../plan.ts';
import { renderPipeline } from '../render/render.ts';
import type { DeleteOptions } from '../runtime/api.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { KubeObject, ObjectRef, Resource } from '../runtime/resource.ts';
import { passOverLogs, type LogDeps } from './pass.ts';

const key = 'shops/shop';
const labels = { 'app.kubernetes.io/component': 'ingest' };

interface Case {
  /** Of ingest, in spec.stages. */
  readonly stage?: object;
  /** More of the spec, or instead. */
  readonly spec?: object;
  /** Of the StatefulSet as it is cached. */
  readonly set?: object;
  /** False: there is no StatefulSet. */
  readonly isThere?: boolean;
  /** By ordinal: what the pods say. undefined: the report is gone. */
  readonly reports?: readonly object[] | undefined;
  readonly pods?: readonly number[];
  readonly phase?: string;
  /** Volumes cannot grow. */
  readonly refuses?: boolean;
}

const specOf = ({ stage, spec }: Case) =>
  specSchema.parse({
    kafka: { bootstrapServers: 'kafka:9092' },
    store: { redis: { url: 'redis://redis' } },
    ingest: { log: {} },
    ...(stage && { stages: [{ name: 'ingest', ...stage }] }),
    ...spec,
  });

const open = (events: number) => ({ state: 'Open', events, bytes: events });
const closed = (events: number) => ({ state: 'Closed', events, bytes: events });
const rendered = (spec: PipelineSpec) => {
  const plan = planPipeline({ namespace: 'shops', name: 'shop', epoch: 1, spec });
  const release = { image: 'likeness:test', version: '0.1.0', capabilities: { monitors: false, keda: false } };
  return { plan, objects: renderPipeline(plan, { spec, uid: 'u', ...release }) };
};

/** Volumes 0 to 2, with pods; that of the last one holds events. */
async function passed(given: Case) {
  const { isThere = true, phase = 'Bound', refuses = false } = given;
  const reports = 'reports' in given ? given.reports : [open(0), open(0), open(7)];
  const { plan, objects } = rendered(specOf(given));
  const data =
    reports &&
    Object.fromEntries(
      reports.map((said, ordinal) => [`shop-ingest-${ordinal}`, JSON.stringify({ ...said, pod: `uid-${ordinal}` })]),
    );
  const claims = [0, 1, 2].map((ordinal) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: `log-shop-ingest-${ordinal}`, namespace: 'shops', labels },
    spec: { resources: { requests: { storage: '5Gi' } } },
    status: { phase },
  }));
  const pods = (given.pods ?? [0, 1, 2]).map((ordinal) => ({
    metadata: { name: `shop-ingest-${ordinal}`, namespace: 'shops', uid: `uid-${ordinal}` },
  }));
  const { spec: template, ...base } = rendered(specOf({})).objects.find(({ kind }) => kind === 'StatefulSet')!;
  const { spec, ...state } = { spec: {}, ...given.set };
  const set = {
    ...base,
    ...state,
    metadata: { name: 'shop-ingest', namespace: 'shops', uid: 'set', labels, generation: 1 },
    spec: { ...(template as object), ...spec },
  };
  const done: string[] = [];
  const deps = {
    api: {
      listPage: async ({ kind }: Resource) => ({ items: kind === 'Pod' ? pods : claims }),
      find: async () => data && { data },
      delete: async ({ kind }: Resource, { name }: ObjectRef, { propagation, uid }: DeleteOptions = {}) =>
        void done.push(['delete', kind, name, propagation, uid].filter(Boolean).join(' ')),
      mergePatch: async ({ kind }: Resource, { name }: ObjectRef) => {
        if (refuses) throw new ApiError('forbidden', { code: 403, reason: 'Forbidden' });
        done.push(`patch ${kind} ${name}`);
      },
    },
    // Of the stages that run as rendered.
    children: { of: () => [...(isThere ? [set] : []), ...claims], cached: settled },
    reports: { logsOf: () => data },
  } as unknown as LogDeps;
  const pipeline = { apiVersion: 'v1', kind: 'ProfilePipeline', metadata: { name: 'shop', namespace: 'shops' } };
  const result = await passOverLogs(deps, key, { pipeline, plan, objects });
  const specIn = (kind: string, of: readonly KubeObject[] = result.objects) =>
    (of.find((object) => object.kind === kind) as { readonly spec?: object } | undefined)?.spec;
  return { result, objects, specIn, done, set };
}

const settled = (object: KubeObject): KubeObject => {
  const counts = { updatedReplicas: 1, replicas: 1, readyReplicas: 1 };
  return { ...object, spec: { replicas: 1 }, status: counts } as KubeObject;
};
/** The controller has seen it, and makes no further pods. */
const ended = { spec: { replicas: 0 }, status: { observedGeneration: 1, replicas: 0 } };

it('leaves what is not about numbers as it was rendered, the very same objects', async () => {
  const { result, objects } = await passed({ stage: { replicas: 3 } });
  expect(result.objects).toHaveLength(objects.length);
  for (const [index, object] of result.objects.entries()) expect(object).toBe(objects[index]);
  expect(result.isBusy).toBe(false);
  expect(result.verdict).toMatchObject({ status: 'False', reason: 'EventsWaiting' });
});

it('keeps the pods that a log needs', async () => {
  const { result, specIn } = await passed({ stage: { replicas: 1 } });
  expect(specIn('StatefulSet')).toMatchObject({ replicas: 3 });
  expect(result.isBusy).toBe(true);
});

it('lets no autoscaler go below them', async () => {
  const { specIn } = await passed({ stage: { autoscaling: { minReplicas: 1, maxReplicas: 2 } } });
  expect(specIn('StatefulSet')).not.toHaveProperty('replicas');
  expect(specIn('HorizontalPodAutoscaler')).toMatchObject({ minReplicas: 3, maxReplicas: 3 });
});

describe('a larger log', () => {
  const larger = { stage: { replicas: 3 }, spec: { ingest: { log: { size: '6Gi' } } } };
  const has = (objects: readonly KubeObject[]) => objects.some(({ kind }) => kind === 'StatefulSet');

  it('grows its volumes, and gives the pods to the next StatefulSet', async () => {
    const { result, done, set } = await passed(larger);
    expect(done).toEqual([
      ...[0, 1, 2].map((ordinal) => `patch PersistentVolumeClaim log-shop-ingest-${ordinal}`),
      'delete StatefulSet shop-ingest Orphan set',
    ]);
    expect([has(result.objects), result.keeps(set), result.failed]).toEqual([false, true, []]);
  });

  it('leaves pods and StatefulSet where they are while volumes cannot grow', async () => {
    const { result, done, set } = await passed({ ...larger, refuses: true });
    expect(done).toEqual([]);
    expect([has(result.objects), result.keeps(set)]).toEqual([false, true]);
    expect(String(result.failed[0]?.error)).toContain('Allow it in the StorageClass (allowVolumeExpansion)');
  });

  it('grows the volumes that an earlier pipeline has left, whose StatefulSet is gone', async () => {
    const { result, done } = await passed({ ...larger, isThere: false });
    expect(done).toEqual([0, 1, 2].map((ordinal) => `patch PersistentVolumeClaim log-shop-ingest-${ordinal}`));
    expect([has(result.objects), result.failed]).toEqual([true, []]);
  });

  it('takes events in on such volumes where these cannot grow, and says what to do', async () => {
    const spec = { ...larger.spec, deletionPolicy: 'Retain' };
    const { result, done } = await passed({ ...larger, spec, isThere: false, refuses: true });
    expect([done, has(result.objects)]).toEqual([[], true]);
    const { wanted, error } = result.failed[0]!;
    expect([wanted.kind, wanted.metadata.name]).toEqual(['PersistentVolumeClaim', 'log-shop-ingest-0']);
    expect(String(error)).toContain('log-shop-ingest-0 cannot grow to 6Gi');
    expect(String(error)).toContain('wait until IngestDrained is gone, delete the claim, and put it in again');
  });
});

describe('volumes that may go', () => {
  const empty = { stage: { replicas: 1 }, reports: [open(0), closed(0), closed(0)], pods: [0] };
  const removed = ['delete PersistentVolumeClaim log-shop-ingest-1', 'delete PersistentVolumeClaim log-shop-ingest-2'];

  it.each([
    ['are removed', { spec: { replicas: 1 }, status: { observedGeneration: 1 } }, removed],
    ['wait while there are to be pods on them', { spec: { replicas: 3 }, status: { observedGeneration: 1 } }, []],
    ['wait until their controller knows', { spec: { replicas: 1 }, status: { observedGeneration: 0 } }, []],
  ])('%s', async (_name, set, expected) => {
    const { result, done } = await passed({ ...empty, set });
    expect(done).toEqual(expected);
    expect(result.isBusy).toBe(true);
  });

  it('are none whose volume is lost with what it held', async () => {
    const { result, done } = await passed({
      stage: { replicas: 1 },
      set: { spec: { replicas: 3 } },
      reports: [open(0), closed(0), closed(7)],
      pods: [0],
      phase: 'Lost',
    });
    expect(done).toEqual([]);
    expect(result.verdict).toMatchObject({ status: 'False', reason: 'EventsWaiting' });
  });
});

describe('a log that is no longer wanted, with volumes that are kept', () => {
  const kept = { spec: { ingest: {}, deletionPolicy: 'Retain' }, pods: [] };
  const report: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shop-ingest-report', labels: { ...labels, 'likeness.dev/report': 'ingest' } },
  };

  it('is at rest once it is empty, and what was said of it stays', async () => {
    const { result, done, set } = await passed({ ...kept, set: ended, reports: [0, 1, 2].map(() => closed(0)) });
    expect(done).toEqual([]);
    expect([result.verdict, result.isBusy, result.keeps(set), result.keeps(report)]).toEqual([
      undefined,
      false,
      false,
      true,
    ]);
  });

  it('is not waited for where nobody is left who could empty it', async () => {
    const { result } = await passed({ ...kept, isThere: false, reports: undefined });
    expect(result.verdict).toMatchObject({ status: 'False', reason: 'NotReported' });
    expect(result.verdict?.message).toContain('set spec.ingest.log again');
    expect(result.isBusy).toBe(false);
  });
});
