/** The CRD at a real API server: it refuses what the table says, in its words; its defaults, columns and scale are ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { specSchema } from '../../../crds/pipeline.ts';
import { refusals } from '../../../crds/refusals.ts';
import { refusedChanges } from '../../../crds/refusals/changes.ts';
import { patchedPipeline, type Refusal } from '../../../crds/refusals/refusal.ts';
import type { PipelineStatus } from '../../../crds/status.ts';
import { askApi } from '../../testbed/kubernetes/api-request.ts';
import { startKubernetes } from '../../testbed/kubernetes/cluster.ts';
import type { RunningKubernetes } from '../../testbed/kubernetes/types.ts';

const root = join(import.meta.dirname, '../../..');
const pipelines = '/apis/likeness.dev/v1alpha1/namespaces/default/profilepipelines';
let cluster: RunningKubernetes;

beforeAll(async () => {
  cluster = await startKubernetes({ parts: 'api' });
  await cluster.kubectl(['apply', '--server-side', '-f', join(root, 'charts/likeness/crds')]);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd/profilepipelines.likeness.dev', '--timeout=60s']);
});
afterAll(() => cluster?.stop());

interface Reply {
  readonly message?: string;
  readonly details?: { readonly causes?: readonly Cause[] };
}

interface Cause {
  readonly field?: string;
  readonly message: string;
}

/** Asks whether the API server would take a pipeline. */
async function wouldTake(pipeline: object): Promise<{ readonly taken: boolean; readonly reply: Reply }> {
  const access = { ca: cluster.ca, cert: cluster.admin.cert, key: cluster.admin.key };
  const { status, body } = await askApi(
    access,
    `${cluster.url}${pipelines}?dryRun=All&fieldValidation=Strict`,
    pipeline,
  );
  return { taken: status === 201, reply: JSON.parse(body) as Reply };
}

/** `Invalid value: "object": the rule's words`. */
const words = ({ message }: Cause): string => message.replace(/^Invalid value: "\w+": /, '');

const has = (by: Refusal['by']) => refusals.filter((refusal) => refusal.by === by);

describe('a refused pipeline', () => {
  it('is a change of one that is taken', async () => {
    expect(await wouldTake(patchedPipeline('{}'))).toMatchObject({ taken: true });
  });

  it.each(has('CEL'))('by a rule, in the same words: $name', async ({ patch, path, apiPath, message }) => {
    const { reply } = await wouldTake(patchedPipeline(patch));
    const causes = reply.details?.causes ?? [];
    expect(causes.map((cause) => [cause.field, words(cause)])).toEqual([[apiPath ?? path, message]]);
  });

  it.each(has('Schema'))('by the schema, at the same place: $name', async ({ patch, path, apiPath }) => {
    const { taken, reply } = await wouldTake(patchedPipeline(patch));
    const [unknown] = /unknown field "[^"]+"/.exec(reply.message ?? '') ?? [];
    const first = unknown ?? reply.details?.causes?.[0]?.field;
    expect({ taken, first }).toEqual({ taken: false, first: unknown ? `unknown field "${path}"` : (apiPath ?? path) });
  });

  it.each(has('Validate'))('but not by the API server, which cannot know: $name', async ({ patch }) => {
    expect(await wouldTake(patchedPipeline(patch))).toMatchObject({ taken: true });
  });
});

describe('a refused change', () => {
  it.each(refusedChanges)('$name', async ({ before, after, path, message }) => {
    const run = (verb: string, patch: string) =>
      cluster.kubectl([verb, '-f', '-'], { input: JSON.stringify(patchedPipeline(patch)) });
    await run('create', before);
    try {
      await expect(run('replace', after)).rejects.toThrow(`: ${path}: Invalid value: "object": ${message}`);
    } finally {
      await cluster.kubectl(['delete', 'ppl', 'shop']);
    }
  });
});

describe('a pipeline that is taken', () => {
  beforeAll(async () => {
    await cluster.kubectl([
      'apply',
      ...['shop', 'full'].flatMap((name) => ['-f', join(root, `examples/${name}.yaml`)]),
    ]);
  });
  afterAll(() => cluster.kubectl(['delete', 'ppl', '--all']));

  it.each(['shop', 'full'])('has the defaults that a laptop fills in: examples/%s.yaml', async (name) => {
    const stored = JSON.parse(await cluster.kubectl(['get', 'ppl', name, '-o', 'json'])) as { spec: unknown };
    const written = parse(readFileSync(join(root, `examples/${name}.yaml`), 'utf8')) as { spec: unknown };
    expect(stored.spec).toEqual(specSchema.parse(written.spec));
  });

  it('keeps every field of its status, and shows the columns', async () => {
    const status: PipelineStatus = {
      observedGeneration: 1,
      operatorVersion: '0.1.0',
      epoch: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'TopicsMissing',
          message: 'Topic a.b.c is not there: create it.',
        },
      ],
      lag: '12345',
      stages: [{ name: 'feature', desired: 2, ready: 1, image: 'likeness:0.1.0', consumerLag: 3_000_000_000 }],
      training: {
        phase: 'Running',
        message: 'learning',
        jobName: 'shop-train-0a1b2c3d',
        runId: 'r',
        trigger: 'Initial',
        gpus: '1 nvidia.com/gpu',
        node: 'gpu-1',
        progressPercentage: 40,
        consecutiveFailures: 0,
        startTime: '2026-01-01T00:00:00Z',
        lastSuccessTime: '2026-01-01T00:00:00Z',
        nextScheduleTime: '2026-01-02T00:00:00Z',
        runs: 3,
        records: 200,
        learnedRecords: 100,
        recentStartTimes: ['2026-01-01T00:00:00Z'],
        handled: { Initial: 'first', Manual: 'now' },
      },
      model: {
        name: 'next-item',
        phase: 'Canary',
        message: 'on trial',
        active: { version: 'v2', runId: 'r', digest: 'd', promotedAt: '2026-01-01T00:00:00Z' },
        candidate: { version: 'v3' },
        lastStable: { version: 'v1' },
        generation: 7,
        canaryPercent: 10,
        bakeUntil: '2026-01-01T00:15:00Z',
        refusals: 1,
        decided: 12,
        handledPromote: 'v2',
      },
      otherModels: [{ name: 'next-purchase', phase: 'None' }],
      drift: { score: '0.31', lastEvaluatedTime: '2026-01-01T00:00:00Z', retrainsToday: 1 },
      serving: { url: 'http://shop-serving', replicas: 2, readyReplicas: 1, selector: 'app=shop' },
    };
    const patch = ['patch', 'ppl', 'shop', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    await cluster.kubectl(patch);
    const stored = JSON.parse(await cluster.kubectl(['get', 'ppl', 'shop', '-o', 'json'])) as { status: unknown };
    expect(stored.status).toEqual(status);
    const [heads, row] = (await cluster.kubectl(['get', 'ppl', 'shop', '-o', 'wide'])).trim().split('\n');
    expect(heads!.split(/ +/)).toEqual(['NAME', 'READY', 'REASON', 'MODEL', 'TRAINING', 'DRIFT', 'AGE', 'GPUS', 'LAG']);
    expect(row).toMatch(/^shop +False +TopicsMissing +v2 +Running +0\.31 +\S+ +1 nvidia.com\/gpu +12345$/);
  });

  it('is scaled by its replicas of serving, unless it is autoscaled', async () => {
    await cluster.kubectl(['scale', 'ppl/shop', '--replicas=3']);
    expect(await cluster.kubectl(['get', 'ppl', 'shop', '-o', 'jsonpath={.spec.serving.replicas}'])).toBe('3');
    await expect(cluster.kubectl(['scale', 'ppl/full', '--replicas=3'])).rejects.toThrow(
      'either replicas or autoscaling, not both',
    );
  });

  it('is explained, field by field', async () => {
    const explained = await cluster.kubectl(['explain', 'ppl.spec', '--recursive']);
    expect(explained).toContain('resourceClaimTemplateName');
    expect(await cluster.kubectl(['explain', 'ppl.spec.training.gpu'])).not.toContain('<empty>');
  });
});
