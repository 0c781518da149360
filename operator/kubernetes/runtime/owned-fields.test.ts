import { expect, it } from 'vitest';
import { configMap } from '../../../test/kubernetes/runtime/world.ts';
import { keepOwnFields, ownFields, ownsAll } from './owned-fields.ts';
import type { FieldSet, KubeObject } from './resource.ts';

const entry = (manager: string, fieldsV1: unknown, extra: object = {}) => ({
  manager,
  operation: 'Apply',
  fieldsV1: fieldsV1 as FieldSet,
  ...extra,
});

it('keeps the fields of its own apply, without metadata, and nothing of others', () => {
  const transform = keepOwnFields('me');
  const fields = { 'f:metadata': { 'f:labels': {} }, 'f:data': { 'f:key': {} } };
  const managedFields = [
    entry('kubectl', { 'f:data': {} }),
    entry('me', { 'f:status': {} }, { subresource: 'status' }),
    entry('me', { 'f:data': { 'f:other': {} } }, { operation: 'Update' }),
    entry('me', fields),
  ];
  const kept = transform(configMap('a', '1', { managedFields }));
  expect(kept.metadata.managedFields).toEqual([{ fieldsV1: { 'f:data': { 'f:key': {} } } }]);
  expect(kept.metadata.resourceVersion).toBe('1');
  expect(ownFields(transform(configMap('b', '1', { managedFields: [entry('kubectl', fields)] })))).toBeUndefined();
  expect(transform(configMap('b', '1', { managedFields: [] })).metadata.managedFields).toBeUndefined();
});

it('shares equal sets, so that memory does not grow with the number of objects', () => {
  const transform = keepOwnFields('me');
  const read = (uid: string) =>
    ownFields(
      transform(
        configMap('a', '1', {
          managedFields: [entry('me', { 'f:metadata': { [uid]: {} }, 'f:data': { 'f:key': {} } })],
        }),
      ),
    );
  expect(read('1')).toBe(read('2'));
  const labelled = () => transform(configMap('a', '1', { labels: { app: 'x' } })).metadata.labels;
  expect(labelled()).toBe(labelled());
  expect(labelled()).toEqual({ app: 'x' });
});

const fields = {
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"main"}': {
            '.': {},
            'f:image': {},
            'f:name': {},
            'f:args': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
        'f:volumes': { 'k:{"name":"tmp"}': { '.': {}, 'f:name': {}, 'f:emptyDir': {} } },
      },
    },
  },
  'f:finalizers': { 'v:"x"': {} },
} as unknown as FieldSet;

const rendered = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a', labels: { not: 'looked at' } },
  finalizers: ['x'],
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'a' } },
    paused: undefined,
    template: {
      spec: {
        containers: [{ name: 'main', image: 'i', args: ['a', 'b'], ports: [{ containerPort: 80 }] }],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    },
  },
};

it('owns an object whose every field is in the set; atomic parts count as a whole, absent keys were filled in', () => {
  expect(ownsAll(fields, rendered satisfies KubeObject & { spec: object })).toBe(true);
});

it('sees each single field that somebody else took, or that was never ours', () => {
  const without = (path: readonly string[], within: FieldSet = fields): FieldSet => {
    const [name, ...rest] = path;
    const { [name!]: child, ...others } = within;
    const left = rest.length > 0 ? without(rest, child!) : {};
    // A set without members is not written.
    return Object.keys(left).length > 0 ? { ...others, [name!]: left } : others;
  };
  const container = ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"main"}'];
  for (const path of [
    ['f:spec'],
    ['f:spec', 'f:replicas'],
    ['f:spec', 'f:selector'],
    container,
    [...container, 'f:image'],
    [...container, 'f:ports', 'k:{"containerPort":80,"protocol":"TCP"}'],
    ['f:spec', 'f:template', 'f:spec', 'f:volumes', 'k:{"name":"tmp"}', 'f:emptyDir'],
    ['f:finalizers', 'v:"x"'],
  ])
    expect([path, ownsAll(without(path), rendered)]).toEqual([path, false]);
  const { spec } = rendered;
  expect(ownsAll(fields, { spec: { ...spec, minReadySeconds: 5 } })).toBe(false);
  const other = { name: 'other', image: 'i' };
  expect(ownsAll(fields, { spec: { ...spec, template: { spec: { containers: [other] } } } })).toBe(false);
  expect(ownsAll(fields, { finalizers: ['y'] })).toBe(false);
});
