import { describe, expect, test } from 'vitest';
import { readSpec, type PipelineObject } from './read-pipeline.ts';

const pipeline = (spec: unknown): PipelineObject => ({
  apiVersion: 'likeness.dev/v1alpha1',
  kind: 'ProfilePipeline',
  metadata: { name: 'shop', namespace: 'shops', uid: 'u', generation: 3, managedFields: [] },
  spec,
  status: { observedGeneration: 1 },
});

const kafka = { bootstrapServers: 'kafka:9092' };
const store = { redis: { url: 'redis://redis:6379' } };

function refusal(spec: unknown, defaults = {}): string {
  const read = readSpec(pipeline(spec), defaults);
  if (read.ok) throw new Error('it was accepted');
  return `${read.refusal.reason}: ${read.refusal.message}`;
}

test('a good spec comes with its preset merged in, whatever else the object holds', () => {
  const read = readSpec(pipeline({ kafka, store }), {});
  expect(read.ok && read.spec.features.map(({ name }) => name)).toContain('views7d');
  expect(read.ok && read.spec.kafka?.partitions).toBe(12);
});

describe('a cluster', () => {
  test('needs Kafka and Redis, and the message says what to do', () => {
    expect(refusal({ store })).toMatch(/^NeedsKafka: spec\.kafka: missing; name kafka\.bootstrapServers, or/);
    expect(refusal({ kafka })).toMatch(/^NeedsRedis: spec\.store: missing; name store\.redis\.url, or/);
  });

  test('may give its own to those who name none, and to nobody else', () => {
    const own = { kafka: { ...kafka, bootstrapServers: 'own:1', partitions: 2 }, store } as never;
    const read = readSpec(pipeline({}), own);
    expect(read.ok && read.spec.kafka?.bootstrapServers).toBe('own:1');
    const named = readSpec(pipeline({ kafka }), own);
    expect(named.ok && named.spec.kafka?.bootstrapServers).toBe('kafka:9092');
  });
});

describe('a refusal', () => {
  test('names path, what was given and what is allowed', () => {
    const message = refusal({ kafka, store, features: [{ name: 'x', ratio: { of: 'nothing', to: 'views7d' } }] });
    expect(message).toMatch(/^SpecRefused: spec\.features\[0\]\.ratio\.of: "nothing"; allowed: /);
  });

  test('names the first five errors', () => {
    const features = Array.from({ length: 9 }, (_, index) => ({ name: `f${index}`, count: { window: 'soon' } }));
    expect(refusal({ kafka, store, features }).split('; allowed: ')).toHaveLength(6);
  });

  test('is also what becomes of an object without a spec of the right kind', () => {
    expect(refusal('text')).toMatch(/^SpecRefused: spec: /);
  });
});
