import { expect, it } from 'vitest';
import { KnownPipelines } from './known-pipelines.ts';
import { planOf } from './plan-of.ts';
import type { PipelineObject } from './read-pipeline.ts';

const defaults = {
  kafka: { bootstrapServers: 'kafka:9092', partitions: 1, replicationFactor: 1, retention: '1h', topics: 'Managed' },
  store: { redis: { url: 'redis://redis' } },
} as const;

const pipeline = (generation: number, uid = 'u'): PipelineObject => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { namespace: 'n', name: 'shop', uid, generation },
  spec: { preset: 'shop/v1', serving: { replicas: generation } },
});

const specOf = (known: KnownPipelines, key: string, object: PipelineObject) => {
  const read = known.read(key, object);
  if (!read.ok) throw new Error(read.refusal.message);
  return read.spec;
};

it('gives the same spec while uid and generation stay, and the new one afterwards', () => {
  const known = new KnownPipelines(defaults);
  const first = specOf(known, 'n/shop', pipeline(1));
  expect(specOf(known, 'n/shop', pipeline(1))).toBe(first);
  expect(specOf(known, 'n/shop', pipeline(2)).serving.replicas).toBe(2);
  expect(specOf(known, 'n/shop', pipeline(2, 'another'))).not.toBe(first);
  const second = specOf(known, 'n/shop', pipeline(2));
  known.forget('n/shop');
  expect(specOf(known, 'n/shop', pipeline(2))).not.toBe(second);
});

it('forgets the one that was read least recently', () => {
  const known = new KnownPipelines(defaults);
  const [one, two] = [specOf(known, 'one', pipeline(1)), specOf(known, 'two', pipeline(1))];
  for (let others = 0; others < 62; others++) specOf(known, `other-${others}`, pipeline(1));
  expect(specOf(known, 'one', pipeline(1))).toBe(one);
  specOf(known, 'one more', pipeline(1));
  expect(specOf(known, 'one', pipeline(1))).toBe(one);
  expect(specOf(known, 'two', pipeline(1))).not.toBe(two);
});

it('gives the same objects for the same spec, epoch and owner', () => {
  const known = new KnownPipelines(defaults);
  const spec = specOf(known, 'n/shop', pipeline(1));
  const plan = planOf(pipeline(1), spec);
  const options = { spec, uid: 'u', image: 'i', version: 'v', capabilities: { monitors: false, keda: false } };
  const objects = known.render(plan, options);
  expect(known.render({ ...plan }, { ...options })).toBe(objects);
  expect(known.render(plan, { ...options, uid: 'w' })[0]!.metadata.ownerReferences![0]!.uid).toBe('w');
  const later = planOf({ ...pipeline(1), status: { epoch: 2 } }, spec);
  expect(known.render(later, options)).not.toEqual(objects);
});
