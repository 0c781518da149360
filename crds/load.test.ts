/** Bad documents, each with what is said about it; and every example is a good pipeline. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorsIn, head, said } from '../test/crds/said.ts';

describe('a bad document', () => {
  it.each([
    ['', 'p.yaml:1:1: given null; allowed: an object with fields of its own: apiVersion, kind, metadata, spec, status'],
    [
      '[1]',
      'p.yaml:1:1: given [1]; allowed: an object with fields of its own: apiVersion, kind, metadata, spec, status',
    ],
    [
      'a: {',
      'p.yaml:1:5: given what is not YAML; allowed: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['a: 1\na: 2', 'p.yaml:2:1: given what is not YAML; allowed: Map keys must be unique'],
    [
      'a: *b',
      'p.yaml: given YAML that cannot be resolved; allowed: Unresolved alias (the anchor must be set before the alias): b',
    ],
  ])('%j', (text, first) => {
    expect(said(text)[0]).toBe(first);
  });

  it.each([
    ['Shop', 'an RFC 1035 label'],
    ['9shop', 'an RFC 1035 label'],
    ['shop-', 'an RFC 1035 label'],
    ['s'.repeat(41), 'at most 40 characters'],
  ])('is named %s', (named, allowed) => {
    const errors = said(`${head.replace('shop', named)}spec: {}`);
    expect(errors).toEqual([expect.stringContaining(`p.yaml:3:18 metadata.name: given "${named}"`)]);
    expect(errors[0]).toContain(allowed);
  });

  it('is of another version and kind', () => {
    expect(said('apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: A_b}\nspec: {}')).toEqual([
      'p.yaml:1:13 apiVersion: given "v1"; allowed: likeness.dev/v1alpha1',
      'p.yaml:2:7 kind: given "Pod"; allowed: ProfilePipeline',
      'p.yaml:3:32 metadata.namespace: given "A_b"; allowed: a name of lowercase letters, digits and "-"',
    ]);
  });
});

describe('a good pipeline', () => {
  const folder = join(import.meta.dirname, '..', 'examples');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

  it('is each of the examples', () => {
    expect(files).toEqual(expect.arrayContaining(['full.yaml', 'shop.yaml']));
    expect(files.flatMap((file) => said(readFileSync(join(folder, file), 'utf8')))).toEqual([]);
  });

  it('may carry labels and annotations', () => {
    const metadata = 'metadata: {name: shop, labels: {team: a}, annotations: {b: c}}';
    expect(said(`${head.replace(/metadata.*/, metadata)}spec: {}`)).toEqual([]);
  });

  it('uses names that only the preset has', () => {
    expect(
      errorsIn(
        'features:\n- {name: a, ratio: {of: spend30d, to: views7d}}\n' +
          'models:\n- {name: m, recommend: {history: history, target: [view]}}',
      ),
    ).toEqual([]);
  });
});
