/** Spec → Plan: the whole plan of the shop, and which stage a change restarts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../crds/load.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import { cleanerSlice, featureSlice, ingestSlice, servingSlice, trainerSlice } from '../crds/slices.ts';
import { parseEnv } from '../services/shared/config.ts';
import { planPipeline, type Plan } from './plan.ts';

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
      serving: servingSlice,
      trainer: trainerSlice,
    };
    const { workloads } = planPipeline({ ...id, spec: full });
    expect(workloads.map(({ name }) => name)).toEqual(Object.keys(slices));
    for (const { name, env } of workloads) {
      const config = parseEnv(env, slices[name], {});
      expect(config.LIKENESS_SPEC).toEqual(JSON.parse(env['LIKENESS_SPEC']!));
      expect(config.LIKENESS_TOPICS['events-raw']).toBe('default.shop.events-raw.e1');
    }
  });

  it('names Kafka and Redis only where the spec does', () => {
    const keys = (spec: PipelineSpec) => planPipeline({ ...id, spec }).workloads.map(({ env }) => Object.keys(env));
    for (const env of keys(shop)) expect(env).not.toEqual(expect.arrayContaining(['LIKENESS_KAFKA']));
    for (const env of keys(full)) expect(env).toEqual(expect.arrayContaining(['LIKENESS_KAFKA', 'LIKENESS_REDIS']));
  });

  it('compacts models and items into one partition, and keeps the others as long as Kafka is told to', () => {
    const { topics, partitions } = planPipeline({ ...id, spec: full });
    const settings = new Map(topics.map(({ name, ...rest }) => [name.split('.')[2], rest]));
    expect(partitions).toBe(12);
    expect(settings.get('items')).toEqual({ partitions: 1, replicationFactor: 3, compacted: true });
    expect(settings.get('models')).toEqual(settings.get('items'));
    for (const stream of ['events-raw', 'events-clean', 'events-dead', 'predictions'])
      expect(settings.get(stream)).toEqual({ partitions: 12, replicationFactor: 3, retentionMs: 604_800_000 });
  });

  it('of another epoch shares no topic and no group', () => {
    const one = planPipeline({ ...id, spec: shop });
    const two = planPipeline({ ...id, epoch: 2, spec: shop });
    const names = (plan: Plan) => [
      ...plan.topics.map(({ name }) => name),
      ...plan.workloads.flatMap(({ env }) => env['LIKENESS_GROUP'] ?? []),
    ];
    expect(names(one)).toHaveLength(8);
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
    ['limits', { ...shop, ingest: { limits: { pendingEvents: 5 } } }, ['ingest']],
    ['late events', { ...shop, cleaning: { ...cleaning, late: { grace: '2h' } } }, ['cleaner']],
    ['dedupe', { ...shop, cleaning: { ...cleaning, dedupe: { window: '1h' } } }, ['cleaner', 'feature', 'trainer']],
    ['features', { ...shop, features: features.slice(1) }, ['feature', 'serving', 'trainer']],
    ['events', { ...shop, events: events.slice(1) }, ['cleaner', 'feature', 'serving', 'trainer']],
    ['identity', { ...shop, identity: { mergeOn: [] } }, ['cleaner', 'feature', 'trainer']],
    ['models', { ...shop, models: [] }, ['serving', 'trainer']],
    ['training', { ...shop, training: { ...training, minEvents: 10 } }, ['trainer']],
    ['rules', { ...shop, serving: { ...serving, rules: { ...serving.rules, pin: ['a'] } } }, ['serving']],
    ['replicas', { ...shop, serving: { ...serving, replicas: 5 }, stages: [{ name: 'feature', replicas: 9 }] }, []],
  ])('%s', (_, spec, expected) => {
    expect(changed(spec)).toEqual(expected);
  });

  it('replicas are the plan’s all the same', () => {
    const plan = planPipeline({ ...id, spec: full });
    expect(plan.workloads.map(({ name, kind, replicas }) => `${kind} ${name} ${replicas}`)).toEqual([
      'service ingest 2',
      'service cleaner 2',
      'service feature 4',
      'service serving 2',
      'job trainer 1',
    ]);
  });
});
