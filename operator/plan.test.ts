/** Spec → Plan: the whole plan of the shop, and which stage a change restarts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../crds/load.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import {
  archiveSlice,
  cleanerSlice,
  featureSlice,
  gateSlice,
  ingestSlice,
  servingSlice,
  trainerSlice,
} from '../crds/slices.ts';
import { parseEnv } from '../services/shared/config.ts';
import { planPipeline, type Plan, type StageName } from './plan.ts';

const id = { namespace: 'default', name: 'shop', epoch: 1 };

function specOf(text: string): PipelineSpec {
  const loaded = loadPipeline(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  return loaded.effective;
}

const example = (name: string) => specOf(readFileSync(join(import.meta.dirname, `../examples/${name}.yaml`), 'utf8'));
const shop = example('shop');
const full = example('full');

/** The environment with its JSON opened up, so that a golden file can be read. */
function readable(plan: Plan): object {
  const workloads = plan.workloads.map((workload) => {
    const { LIKENESS_SPEC: spec, LIKENESS_TOPICS: topics, ...env } = workload.env;
    return { ...workload, env: { ...env, LIKENESS_TOPICS: JSON.parse(topics!), LIKENESS_SPEC: JSON.parse(spec!) } };
  });
  return { ...plan, workloads };
}

/** Folders of secrets, which the backend adds. */
const mounted = { LIKENESS_KAFKA_CREDENTIALS: '/secrets/kafka' };

describe('a plan', () => {
  it.each([
    ['shop', shop],
    ['full', full],
  ])('of examples/%s.yaml is the golden one', async (name, spec) => {
    const plan = readable(planPipeline({ ...id, name, spec }));
    await expect(`${JSON.stringify(plan, undefined, 2)}\n`).toMatchFileSnapshot(`../test/golden/plan-${name}.json`);
  });

  it('gives each service an environment that it accepts, and all of its slice', () => {
    const slices = {
      ingest: ingestSlice,
      cleaner: cleanerSlice,
      feature: featureSlice,
      archive: archiveSlice,
      serving: servingSlice,
      trainer: trainerSlice,
      gate: gateSlice,
    };
    const { workloads } = planPipeline({ ...id, spec: full });
    expect(workloads.map(({ name }) => name)).toEqual(Object.keys(slices));
    for (const { name, env } of workloads) {
      const config = parseEnv({ ...env, ...mounted }, slices[name], {});
      expect(config.LIKENESS_SPEC).toEqual(JSON.parse(env['LIKENESS_SPEC']!));
      expect(config.LIKENESS_TOPICS['events-raw']).toBe('default.shop.events-raw.e1');
    }
  });

  it('names Kafka and Redis only where the spec does', () => {
    const keys = (spec: PipelineSpec) => planPipeline({ ...id, spec }).workloads.map(({ env }) => Object.keys(env));
    for (const env of keys(shop)) expect(env).not.toEqual(expect.arrayContaining(['LIKENESS_KAFKA']));
    for (const env of keys(full)) expect(env).toEqual(expect.arrayContaining(['LIKENESS_KAFKA']));
    // The URL may hold a password: only who reads or writes profiles is told.
    const redis = planPipeline({ ...id, spec: full }).workloads.filter(({ env }) => 'LIKENESS_REDIS' in env);
    expect(redis.map(({ name }) => name)).toEqual(['feature', 'serving']);
  });

  it('compacts models and items into one partition, and keeps the others as long as Kafka is told to', () => {
    const { topics, partitions } = planPipeline({ ...id, spec: full });
    const byStream = new Map(topics.map(({ stream, ...settings }) => [stream, settings]));
    const copies = { replicationFactor: 3, minInsyncReplicas: 2 };
    expect(partitions).toBe(12);
    expect(byStream.get('items')).toEqual({
      name: 'default.shop.items.e1',
      partitions: 1,
      compacted: true,
      ...copies,
    });
    expect(byStream.get('models')).toMatchObject({ partitions: 1, compacted: true, ...copies });
    expect(byStream.get('signals')).toEqual({
      name: 'default.shop.signals.e1',
      partitions: 1,
      retentionMs: 604_800_000,
      ...copies,
    });
    for (const stream of ['events-raw', 'events-clean', 'events-dead', 'predictions'] as const)
      expect(byStream.get(stream)).toEqual({
        name: `default.shop.${stream}.e1`,
        partitions: 12,
        retentionMs: 604_800_000,
        ...copies,
      });
  });

  it('of another epoch shares no topic and no group', () => {
    const one = planPipeline({ ...id, spec: shop });
    const two = planPipeline({ ...id, epoch: 2, spec: shop });
    const names = (plan: Plan) => [
      ...plan.topics.map(({ name }) => name),
      ...plan.workloads.flatMap(({ env }) => env['LIKENESS_GROUP'] ?? []),
    ];
    expect(names(one)).toHaveLength(9);
    expect(names(one).filter((name) => names(two).includes(name))).toEqual([]);
  });
});

describe('a change of the spec restarts only who reads it:', () => {
  const changed = (spec: PipelineSpec): string[] => {
    const before = planPipeline({ ...id, spec: shop }).workloads;
    const after = planPipeline({ ...id, spec }).workloads;
    return after
      .filter(({ env }, index) => JSON.stringify(env) !== JSON.stringify(before[index]!.env))
      .map(({ name }) => name);
  };
  const { cleaning, serving, training, events, features } = shop;

  it.each<[string, PipelineSpec, string[]]>([
    ['nothing', { ...shop }, []],
    ['limits', { ...shop, ingest: { ...shop.ingest, limits: { pendingEvents: 5 } } }, ['ingest']],
    ['late events', { ...shop, cleaning: { ...cleaning, late: { grace: '2h' } } }, ['cleaner', 'trainer', 'gate']],
    [
      'dedupe',
      { ...shop, cleaning: { ...cleaning, dedupe: { window: '1h' } } },
      ['cleaner', 'feature', 'trainer', 'gate'],
    ],
    ['features', { ...shop, features: features.slice(1) }, ['feature', 'serving', 'trainer', 'gate']],
    ['events', { ...shop, events: events.slice(1) }, ['cleaner', 'feature', 'serving', 'trainer', 'gate']],
    ['identity', { ...shop, identity: { mergeOn: [] } }, ['cleaner', 'feature', 'trainer', 'gate']],
    ['models', { ...shop, models: [] }, ['feature', 'serving', 'trainer']],
    ['training', { ...shop, training: { ...training, minEvents: 10 } }, ['trainer']],
    ['rules', { ...shop, serving: { ...serving, rules: { ...serving.rules, pin: ['a'] } } }, ['serving']],
    ['drift', { ...shop, training: { ...training, retrain: { ...training.retrain, threshold: '0.3' } } }, ['feature']],
    ['retraining', { ...shop, training: { ...training, retrain: { ...training.retrain, maxPerDay: 1 } } }, []],
    ['the GPU', { ...shop, training: { ...training, gpu: { ...training.gpu, count: 0 }, queueName: 'q' } }, []],
    ['replicas', { ...shop, serving: { ...serving, replicas: 5 }, stages: [{ name: 'feature', replicas: 9 }] }, []],
    ['suspension', { ...shop, suspend: true, deletionPolicy: 'Retain' }, []],
    ['secrets', { ...shop, ingest: { ...shop.ingest, writeKeysSecretRef: { name: 'k' } } }, []],
  ])('%s', (_, spec, expected) => {
    expect(changed(spec)).toEqual(expected);
  });

  it('replicas are the plan’s all the same', () => {
    const plan = planPipeline({ ...id, spec: full });
    expect(plan.workloads.map(({ name, kind, replicas }) => `${kind} ${name} ${replicas}`)).toEqual([
      'service ingest 2',
      'service cleaner 2',
      'service feature 4',
      'service archive 1',
      'service serving 2',
      'job trainer 1',
      'job gate 1',
    ]);
  });
});

/** The plan of a spec, and one of its workloads. */
function planned(spec: string) {
  const plan = planPipeline({ ...id, spec: specOf(`${head}${spec.replace(/^/gm, '  ')}\n`) });
  return { plan, workload: (name: StageName) => plan.workloads.find((workload) => workload.name === name)! };
}

const head = 'apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\nspec:\n';

describe('sizes', () => {
  it('are one replica, and what such a stage usually needs, where nothing is said', () => {
    const { workload } = planned('suspend: false');
    expect(workload('ingest')).toMatchObject({
      replicas: 1,
      resources: { requests: { cpu: '250m', memory: '256Mi' } },
    });
    expect(workload('serving')).not.toHaveProperty('autoscaling');
    expect(workload('cleaner').resources).not.toHaveProperty('limits');
  });

  it('begin at the fewest where autoscaling decides, by processor or by what waits', () => {
    const { workload } = planned(
      [
        'stages:',
        '- {name: ingest, autoscaling: {minReplicas: 2, maxReplicas: 20}}',
        '- {name: cleaner, autoscaling: {mode: KEDA, maxReplicas: 8}}',
        'serving: {autoscaling: {minReplicas: 3, maxReplicas: 9}}',
        'kafka: {bootstrapServers: "k:9092"}',
      ].join('\n'),
    );
    expect(workload('ingest')).toMatchObject({
      replicas: 2,
      autoscaling: { by: 'Processor', minReplicas: 2, maxReplicas: 20 },
    });
    expect(workload('cleaner').autoscaling).toEqual({ by: 'Lag', minReplicas: 1, maxReplicas: 8, lagThreshold: 1000 });
    expect(workload('serving')).toMatchObject({ replicas: 3, autoscaling: { maxReplicas: 9 } });
    expect(workload('serving').autoscaling).not.toHaveProperty('lagThreshold');
  });

  it('never are more than partitions where a stream is shared', () => {
    const autoscaling = 'autoscaling: {minReplicas: 5, maxReplicas: 20}';
    const stages = `stages: [{name: feature, ${autoscaling}}, {name: ingest, ${autoscaling}}]`;
    const { workload } = planned(`kafka: {bootstrapServers: k, partitions: 3}\n${stages}`);
    expect(workload('feature')).toMatchObject({ replicas: 3, autoscaling: { minReplicas: 3, maxReplicas: 3 } });
    expect(workload('ingest')).toMatchObject({ replicas: 5, autoscaling: { maxReplicas: 20 } });
  });

  it('keep what is said, and never request more than a limit allows', () => {
    const { workload } = planned('serving: {resources: {requests: {cpu: "2"}, limits: {memory: 100Mi}}}');
    expect(workload('serving').resources).toEqual({
      requests: { cpu: '2', memory: '100Mi' },
      limits: { memory: '100Mi' },
    });
  });
});

describe('the trainer', () => {
  const job = (spec: string) => planned(spec).workload('trainer').job!;

  it('has one GPU, unless more, none or a claim are asked for', () => {
    const nvidia = 'nvidia.com/gpu';
    expect(job('suspend: false').gpu?.devices).toEqual({ resourceName: nvidia, count: 1 });
    expect(job('training: {gpu: {count: 4}}').gpu?.devices).toEqual({ resourceName: nvidia, count: 4 });
    expect(job('training: {gpu: {count: 0, products: [A100]}}').gpu).toBeUndefined();
    expect(job('training: {gpu: {resourceClaimTemplateName: gpus}}').gpu?.devices).toEqual({ claimTemplate: 'gpus' });
  });

  it('has what the spec says of its Job', () => {
    expect(planPipeline({ ...id, spec: full }).workloads.find(({ name }) => name === 'trainer')).toMatchObject({
      image: 'registry.example.com/likeness-trainer:0.1.0',
      job: { queueName: 'gpu-queue', priorityClassName: 'batch', retries: 3, activeDeadlineSeconds: 14_400 },
    });
    expect(job('suspend: false')).toEqual({
      workers: 1,
      gpu: expect.anything() as unknown,
      retries: 3,
      historyLimit: 5,
    });
  });
});

describe('topics', () => {
  it('are managed and survive one lost copy, where nothing else is said', () => {
    const copies = (kafka: string) =>
      planned(`kafka: {bootstrapServers: k, ${kafka}}`).plan.topics.map((topic) => topic.minInsyncReplicas);
    expect(planned('suspend: false').plan.topicMode).toBe('Managed');
    expect(new Set(copies('replicationFactor: 1'))).toEqual(new Set([1]));
    expect(new Set(copies('replicationFactor: 5'))).toEqual(new Set([2]));
    expect(new Set(copies('replicationFactor: 5, minInsyncReplicas: 3'))).toEqual(new Set([3]));
  });

  it('are Strimzi’s', () => {
    const { plan } = planned('kafka: {bootstrapServers: k, topics: KafkaTopic, strimziCluster: main}');
    expect(plan).toMatchObject({ topicMode: 'KafkaTopic', strimziCluster: 'main' });
  });
});

describe('secrets', () => {
  const shown = (plan: Plan) =>
    Object.fromEntries(
      plan.workloads.map(({ name, secrets }) => [name, secrets.map((use) => `${use.purpose} ${use.secret}`)]),
    );

  it('are the pipeline’s own where none is named', () => {
    const { plan } = planned('suspend: false');
    expect(plan.ownSecrets).toEqual({
      writeKeys: 'shop-write-keys',
      readKeys: 'shop-read-keys',
      signingKey: 'shop-signing-key',
    });
    expect(plan.models).toEqual({ store: { claimName: 'shop-models', own: true }, trustedKeys: [] });
    expect(shown(plan)).toEqual({
      ingest: ['writeKeys shop-write-keys'],
      cleaner: [],
      feature: ['verificationKey shop-signing-key'],
      serving: ['readKeys shop-read-keys', 'verificationKey shop-signing-key'],
      trainer: ['signingKey shop-signing-key'],
      gate: ['verificationKey shop-signing-key'],
    });
  });

  it('of readers are those of the spec, and none where tokens say who may read', () => {
    const named = planned('serving: {readKeysSecretRef: {name: readers}}').plan;
    expect(named.ownSecrets.readKeys).toBeUndefined();
    expect(shown(named).serving).toContain('readKeys readers');
    const tokens = 'serving: {authentication: {jwksUrl: "https://x/keys", issuer: i, audience: a}}';
    expect(JSON.stringify(planned(tokens).plan)).not.toContain('readKeys');
  });

  it('are shown to those alone who need them', () => {
    const plan = planPipeline({ ...id, name: 'full', spec: full });
    const kafka = ['kafkaCa kafka-cluster-ca', 'kafkaCredentials full-kafka'];
    const redis = ['redisCa redis-ca', 'redisCredentials full-redis'];
    expect(plan.ownSecrets).toEqual({});
    expect(plan.models).toMatchObject({ store: { claimName: 'full-models', own: false } });
    expect(shown(plan)).toEqual({
      ingest: ['writeKeys full-write-keys', ...kafka],
      // It has steps that learn.
      cleaner: ['verificationKey full-signing', ...kafka],
      // It watches the models in service.
      feature: ['verificationKey full-signing', ...kafka, ...redis],
      serving: ['verificationKey full-signing', ...kafka, ...redis],
      archive: kafka,
      trainer: ['signingKey full-signing', ...kafka],
      gate: ['verificationKey full-signing', ...kafka],
    });
    // Only the private half signs.
    expect(plan.workloads.find(({ name }) => name === 'serving')!.secrets[0]!.keys).toEqual(['signing.pub.pem']);
  });

  it('of the bucket of models are shown to who writes or reads the archive', () => {
    const s3 = 'modelStore: {s3: {bucket: models, endpoint: "https://s3", secretRef: {name: keys}}}';
    const unwatched = `${s3}, training: {retrain: {sampleShare: "0"}}`;
    const { plan, workload } = planned(`{${unwatched}, archive: {retention: 9000h}}`);
    expect(shown(plan)).toMatchObject({ archive: ['s3Credentials keys'], feature: ['s3Credentials keys'] });
    expect(workload('archive').env['LIKENESS_SPEC']).toBe('{"archive":{"retention":"9000h"}}');
    expect(workload('feature').env).toMatchObject({ LIKENESS_ARCHIVE: 'true' });
    const without = planned(`{${unwatched}}`);
    expect(shown(without.plan)).toMatchObject({ feature: [] });
    expect(without.workload('archive')).toBeUndefined();
  });

  it('of models are shown to a cleaner that waits for one, and to no other', () => {
    const cleanerOf = (step: string) => {
      const s3 = '{bucket: models, endpoint: "https://s3", secretRef: {name: keys}}';
      const { plan } = planned(`{modelStore: {s3: ${s3}}, cleaning: {scale: [${step}]}}`);
      const { env } = plan.workloads.find(({ name }) => name === 'cleaner')!;
      const spec = JSON.parse(env['LIKENESS_SPEC']!) as { cleaningModel?: string };
      return { shown: shown(plan).cleaner!.map((use) => use.split(' ')[0]), model: spec.cleaningModel };
    };
    expect(cleanerOf('')).toEqual({ shown: [], model: undefined });
    expect(cleanerOf('{name: s, field: value, method: Log}')).toEqual({ shown: [], model: undefined });
    expect(cleanerOf('{name: s, field: value, method: Robust}')).toEqual({
      shown: ['verificationKey', 's3Credentials'],
      model: 'next-item',
    });
  });

  it('teach the trainer the very steps that the cleaner applies', () => {
    const { workloads } = planPipeline({ ...id, spec: full });
    const read = (stage: StageName) =>
      JSON.parse(workloads.find(({ name }) => name === stage)!.env['LIKENESS_SPEC']!) as Record<string, unknown>;
    const { dedupe, late, impute, scale, outliers } = cleanerSlice.parse(read('cleaner')).cleaning;
    expect(trainerSlice.parse(read('trainer')).cleaning).toEqual({ dedupe, late, impute, scale, outliers });
    expect(cleanerSlice.parse(read('cleaner')).cleaningModel).toBe(full.models[0]!.name);
  });

  it('of the bucket of models are shown to those who read or write models', () => {
    const s3 = '{bucket: models, endpoint: "https://s3", secretRef: {name: keys}, tls: {caSecretRef: {name: ca}}}';
    const { plan } = planned(`modelStore: {s3: ${s3}}`);
    const { ingest, serving, trainer, gate } = shown(plan);
    expect([ingest].flat().join(' ')).not.toContain('s3');
    for (const stage of [serving, trainer, gate])
      expect(stage).toEqual(expect.arrayContaining(['s3Ca ca', 's3Credentials keys']));
    expect(plan.models.store).toEqual({
      s3: { endpoint: 'https://s3', bucket: 'models', prefix: 'default/shop', region: 'us-east-1', pathStyle: true },
    });
    const prefixed = planned(
      `modelStore: {s3: ${s3.replace('{', '{prefix: team/shop, forcePathStyle: false, ')}}`,
    ).plan;
    expect(prefixed.models.store).toMatchObject({ s3: { prefix: 'team/shop', pathStyle: false } });
  });

  it('leave the environment with the mechanism alone', () => {
    const [ingest] = planPipeline({ ...id, spec: full }).workloads;
    expect(ingest!.env).toMatchObject({ LIKENESS_KAFKA_TLS: 'true', LIKENESS_KAFKA_SASL: 'scram-sha-512' });
    expect(JSON.stringify(planPipeline({ ...id, spec: shop }))).not.toContain('LIKENESS_KAFKA_');
  });
});

it('a log of ingest is a volume for each of its replicas', () => {
  expect(planned('ingest: {log: {size: 1Gi, storageClassName: fast}}').workload('ingest').storage).toEqual({
    size: '1Gi',
    storageClassName: 'fast',
  });
  expect(planned('suspend: false').workload('ingest')).not.toHaveProperty('storage');
});

it('suspension and what is kept are the plan’s', () => {
  expect(planned('suspend: true\ndeletionPolicy: Retain').plan).toMatchObject({
    suspended: true,
    deletionPolicy: 'Retain',
  });
});
