/** What is generated is current, and is what a real API server asks of a CRD. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { customResourceDefinition } from './custom-resource.ts';
import { editorSchema } from './editor-schema.ts';
import { generatedFiles } from './generated-files.ts';
import type { SchemaNode } from './schema-node.ts';

const structural = customResourceDefinition().spec.versions[0]!.schema.openAPIV3Schema;

interface Located {
  readonly path: string;
  readonly node: SchemaNode;
}

function allNodes(path: string, node: SchemaNode): Located[] {
  const fields = Object.entries(node.properties ?? {}).flatMap(([key, child]) => allNodes(`${path}.${key}`, child));
  return [{ path, node }, ...fields, ...(node.items ? allNodes(`${path}[]`, node.items) : [])];
}

const nodes = allNodes('', structural);
const below = nodes.filter(({ path }) => /^\.(spec|status)/.test(path));
const failing = (located: readonly Located[], good: (node: SchemaNode) => boolean): string[] =>
  located.filter(({ node }) => !good(node)).map(({ path }) => path);

describe('the CRD', () => {
  it('has a structural schema: one type each, and no other logic than CEL', () => {
    const forbidden = ['oneOf', 'anyOf', 'allOf', 'not', '$ref', 'additionalProperties', 'uniqueItems', 'const'];
    expect(failing(nodes, (node) => typeof node.type === 'string')).toEqual([]);
    expect(failing(nodes, (node) => forbidden.every((key) => !(key in node)))).toEqual([]);
  });

  it('describes every field', () => {
    const fields = below.filter(({ path }) => !path.endsWith('[]'));
    expect(fields.length).toBeGreaterThan(100);
    expect(failing(fields, ({ description }) => (description ?? '').length > 5)).toEqual([]);
  });

  it('bounds every list, text and number, without which CEL has no cost', () => {
    expect(failing(below, (node) => node.type !== 'array' || (node.maxItems ?? 0) > 0)).toEqual([]);
    expect(
      failing(below, (node) => node.type !== 'string' || (node.maxLength ?? 0) > 0 || node.enum !== undefined),
    ).toEqual([]);
    expect(
      failing(
        below,
        (node) => node.type !== 'integer' || node.format === (node.maximum! < 2 ** 31 ? 'int32' : 'int64'),
      ),
    ).toEqual([]);
  });

  it('says of every list how it is merged; a map by name needs a name in each entry', () => {
    expect(failing(below, (node) => node.type !== 'array' || 'x-kubernetes-list-type' in node)).toEqual([]);
    const maps = below.filter(({ node }) => node['x-kubernetes-list-type'] === 'map').map(({ path }) => path);
    expect(maps).toEqual([
      '.spec.events',
      '.spec.cleaning.normalise',
      '.spec.cleaning.rules',
      '.spec.cleaning.outliers',
      '.spec.cleaning.impute',
      '.spec.cleaning.scale',
      '.spec.features',
      '.spec.models',
      '.spec.models[].recommend.ranker.heads.propensity',
      '.spec.stages',
      '.status.conditions',
      '.status.stages',
      '.status.otherModels',
    ]);
    expect(
      failing(below, (node) => {
        const keys = node['x-kubernetes-list-map-keys'] as readonly string[] | undefined;
        return node['x-kubernetes-list-type'] !== 'map' || !!node.items?.required?.includes(keys![0]!);
      }),
    ).toEqual([]);
  });

  it('gives an object whose fields have defaults a default itself, or its own would never be filled in', () => {
    const lacking = nodes.flatMap(({ path, node }) =>
      Object.entries(node.properties ?? {})
        .filter(([key, child]) => {
          const filled = Object.values(child.properties ?? {}).some(({ default: value }) => value !== undefined);
          return filled && child.default === undefined && !node.required?.includes(key);
        })
        .map(([key]) => `${path}.${key}`),
    );
    // These are there or absent as a whole: their absence says something.
    const connections = ['.spec.kafka', '.spec.modelStore.s3', '.caSecretRef'];
    const models = ['[].recommend', '[].classify', '.ranker'];
    const spec = ['.spec.ingest.log', '.spec.archive', '[].sequence', '[].interest', '.autoscaling'];
    const optional = [...connections, ...models, ...spec];
    expect(lacking.filter((path) => !optional.some((end) => path.endsWith(end)))).toEqual([]);
  });

  it('has a status, whose fields need not be there, a scale of serving, and the columns of the design', () => {
    expect(Object.keys(structural.properties!)).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
    expect(structural.required).toEqual(['spec']);
    expect(structural.properties!['status']!.required).toBeUndefined();
    const { subresources, additionalPrinterColumns: columns } = customResourceDefinition().spec.versions[0]!;
    const paths = [...Object.values(subresources.scale), ...columns.map(({ jsonPath }) => jsonPath)];
    const known = new Set(nodes.map(({ path }) => path.replace('[]', '')));
    const bare = paths.map((path) => path.replace(/\[\?.*?\]/, ''));
    expect(bare.filter((path) => !path.startsWith('.metadata') && !known.has(path))).toEqual([]);
    expect(columns.map(({ name }) => name)).toEqual([
      'Ready',
      'Reason',
      'Model',
      'Training',
      'Drift',
      'Age',
      'GPUs',
      'Lag',
    ]);
  });

  it('has no default on either side of an exclusive pair, or the other could never be used', () => {
    const pairs = /\.(replicas|autoscaling|gpu\.count|resourceClaimTemplateName)$/;
    const sides = nodes.filter(({ path }) => path.startsWith('.spec') && pairs.test(path));
    expect(sides.length).toBe(6);
    expect(failing(sides, (node) => node.default === undefined)).toEqual([]);
  });
});

describe('the generated files', () => {
  const root = join(import.meta.dirname, '..');

  it.each([...generatedFiles()])('%s is current (npm run generate)', (path, content) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(content);
  });

  it('hold an editor’s schema that takes the examples and refuses what is not there', () => {
    const validate = new Ajv({ strict: false }).compile(editorSchema());
    for (const example of ['shop', 'full'])
      expect(validate(parse(readFileSync(join(root, `examples/${example}.yaml`), 'utf8')))).toBe(true);
    const bad = { apiVersion: 'likeness.dev/v1alpha1', kind: 'ProfilePipeline', metadata: { name: 'a' } };
    expect(validate({ ...bad, spec: { featurs: [] } })).toBe(false);
    expect(validate({ ...bad, spec: { features: [{ name: 'a', count: { window: '7days' } }] } })).toBe(false);
  });
});
