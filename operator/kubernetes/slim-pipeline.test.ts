import { expect, test } from 'vitest';
import type { PipelineStatus } from '../../crds/status.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { createPool } from './runtime/pool.ts';
import { slimPipeline } from './slim-pipeline.ts';

const condition = { type: 'Ready', status: 'True', reason: 'Ready', message: 'All is well.', observedGeneration: 1 };
const status = { conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }] } as PipelineStatus;
const spec = { preset: 'shop/v1', training: { gpu: { count: 0 }, minEvents: 500 } };

/** As parsed from JSON: nothing in it is shared. */
const pipeline = (name: string, more: Partial<PipelineObject> = {}): PipelineObject =>
  structuredClone({
    apiVersion: 'likeness.dev/v1alpha1',
    kind: 'ProfilePipeline',
    metadata: { name, annotations: { 'likeness.dev/retrain': 'now' } },
    spec,
    status,
    ...more,
  });

test('says what it said', () => {
  const slim = slimPipeline(createPool());
  for (const more of [{}, { spec: undefined }, { spec: [1] }, { status: undefined }, { status: {} }])
    expect(slim(pipeline('a', more))).toEqual(pipeline('a', more));
});

test('loses what kubectl has written there, and who owns which field', () => {
  const annotations = { 'likeness.dev/retrain': 'now', 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  const given = pipeline('a', { metadata: { name: 'a', annotations, managedFields: [] } });
  expect(slimPipeline(createPool())(given)).toEqual(pipeline('a'));
});

test('shares what two specs have in common', () => {
  const slim = slimPipeline(createPool());
  const training = (name: string) => (slim(pipeline(name)).spec as { training: object }).training;
  expect(training('a')).toBe(training('b'));
});
