/** What a person sees of an object that would change, and what is kept from them. */
import { expect, it } from 'vitest';
import { compareObjects } from './compare.ts';

const object = (metadata: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'shop', namespace: 'shops', ...metadata },
  ...more,
});

it('is nothing where only the server, the status or an echo of the change differs', () => {
  const before = object(
    { resourceVersion: '1', generation: 1, managedFields: [], annotations: { 'likeness.dev/applied': 'a' } },
    { status: { ready: 1 } },
  );
  const after = object({
    resourceVersion: '2',
    generation: 2,
    annotations: { 'likeness.dev/applied': 'b', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  });
  expect(compareObjects(before, after)).toEqual([]);
});

it('shows labels, other annotations and fields, whatever their order', () => {
  const before = object({ labels: { b: '2', a: '1' }, annotations: { note: 'x' } }, { data: { key: 'old' } });
  const after = object({ annotations: { note: 'y' }, labels: { a: '1', b: '2' } }, { data: { key: 'new' } });
  expect(compareObjects(before, after).filter((line) => /^[-+]/.test(line))).toEqual([
    '--- now  v1 ConfigMap shops/shop',
    '+++ then v1 ConfigMap shops/shop',
    '-  key: old',
    '+  key: new',
    '-    note: x',
    '+    note: y',
  ]);
});

it('shows all of what would be made or deleted', () => {
  expect(compareObjects(undefined, object({}))).toContain('--- /dev/null');
  expect(compareObjects(object({}), undefined)).toContain('-kind: ConfigMap');
});
