import { expect, it } from 'vitest';
import { waitsForTopics } from './waits-for-topics.ts';

const object = (kind: string) => ({ apiVersion: 'v1', kind, metadata: { name: 'shop-ingest', namespace: 'shops' } });

it.each([
  ['Deployment', 'Checking', {}, true],
  ['Deployment', 'Ready', {}, false],
  ['Deployment', 'Unreachable', { isThere: true }, false],
  ['StatefulSet', 'Unreachable', {}, true],
  ['StatefulSet', 'Unreachable', { hasVolumes: true }, false],
  ['Deployment', 'Unreachable', { hasVolumes: true }, true],
  ['Service', 'Unreachable', {}, false],
] as const)('%s with topics %s, %j: waits %j', (kind, outcome, known, expected) => {
  const { hasVolumes = false, isThere = false }: { hasVolumes?: boolean; isThere?: boolean } = known;
  const children = { cached: (of: object) => (isThere ? (of as ReturnType<typeof object>) : undefined) };
  expect(waitsForTopics(object(kind), { outcome }, { logs: { hasVolumes }, children })).toBe(expected);
});
