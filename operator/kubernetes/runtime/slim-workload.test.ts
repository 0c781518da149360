import { expect, it } from 'vitest';
import { configMap } from '../../../test/kubernetes/runtime/world.ts';
import { slimWorkload } from './slim-workload.ts';

const containers = [{ name: 'main', image: 'i:1', args: ['a'] }];
const template = { metadata: { labels: { app: 'x' } }, spec: { containers, volumes: [{ name: 'tmp' }] } };
const kept = { spec: { containers: [{ name: 'main', image: 'i:1' }] } };
const progressing = { type: 'Progressing', status: 'True', reason: 'Done', lastUpdateTime: '2026-01-01T00:00:00Z' };

function deployment(conditions: readonly object[] = []) {
  const spec = { replicas: 2, selector: { matchLabels: { app: 'x' } }, template };
  return { ...configMap('a', '1'), kind: 'Deployment', spec, status: { readyReplicas: 1, conditions } };
}

it('keeps of a Deployment its replicas, its images and how far it is', () => {
  const available = { type: 'Available', status: 'True', message: 'all well' };
  const given = deployment([available, { ...progressing, message: 'all well' }]);
  const slim = slimWorkload()(given);
  expect(slim).toEqual({
    ...given,
    spec: { replicas: 2, template: kept },
    status: { readyReplicas: 1, conditions: [progressing] },
  });
});

it('keeps every word about what is wrong', () => {
  const conditions = [
    { type: 'Available', status: 'False', message: 'too few' },
    { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
    { type: 'ReplicaFailure', status: 'True', message: 'no quota' },
  ];
  expect(slimWorkload()(deployment(conditions)).status.conditions).toEqual(conditions);
});

it('keeps of a claim how much it asks for', () => {
  const resources = { requests: { storage: '5Gi' } };
  const claim = {
    ...configMap('a', '1'),
    kind: 'PersistentVolumeClaim',
    spec: { resources, volumeName: 'v' },
    status: {},
  };
  const { spec: _spec, status: _status, ...rest } = claim;
  const slim = slimWorkload();
  expect(slim(claim)).toEqual({ ...rest, spec: { resources } });
  expect(slim(claim).spec).toBe(slim(claim).spec);
});

it('shares what is the same in many', () => {
  const slim = slimWorkload();
  expect(slim(deployment()).spec).toBe(slim(deployment()).spec);
});

it('keeps of other workloads all but the template, and of other objects all', () => {
  const job = { ...configMap('a', '1'), kind: 'Job', spec: { suspend: true, template }, status: { failed: 1 } };
  expect(slimWorkload()(job)).toEqual({ ...job, spec: { suspend: true, template: kept } });
  const other = configMap('a', '1');
  expect(slimWorkload()(other)).toBe(other);
});
