/** The bill of materials: formats of identifiers, and that it depends on the contents alone. */
import { expect, it } from 'vitest';
import { type Component, type Contents, sbomOf } from './sbom.ts';

const contents: Contents = {
  name: 'docker.io/library/likeness:0.1.0',
  version: '0.1.0',
  licence: 'Apache-2.0',
  node: { version: '24.21.0', sha256: 'ab'.repeat(32) },
  packages: [
    { path: 'node_modules/@lmdb/x', name: '@lmdb/x', version: '3.5.6', integrity: 'sha512-AAEC', licence: 'MIT' },
    { path: 'node_modules/b', name: 'b', version: '1.0.0', licence: '(Apache-2.0 AND BSD-3-Clause)' },
  ],
  wheels: [{ name: 'tensorflow-cpu', version: '2.18.1', sha256: 'ef'.repeat(32) }],
  osPackages: [{ name: 'libstdc++6', version: '12.2.0-14', architecture: 'amd64', status: '' }],
  distribution: 'debian',
  files: [{ path: '/lib/libx.so', sha256: 'cd'.repeat(32) }],
};

interface Sbom {
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const parsed = (of: Contents) => JSON.parse(sbomOf(of)) as Sbom;

it('names everything by its package URL, or else by its path', () => {
  const { metadata, components, dependencies } = parsed(contents);
  expect(components.map(({ purl, name }) => purl ?? name)).toEqual([
    'pkg:generic/node@24.21.0',
    'pkg:npm/%40lmdb/x@3.5.6',
    'pkg:npm/b@1.0.0',
    'pkg:pypi/tensorflow-cpu@2.18.1',
    'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64',
    '/lib/libx.so',
  ]);
  expect(metadata.component).toMatchObject({ type: 'container', name: contents.name, version: '0.1.0' });
  const references = components.map((component) => component['bom-ref']);
  expect(dependencies).toEqual([{ ref: contents.name, dependsOn: references }]);
});

it('says licences and digests as CycloneDX wants them', () => {
  const [node, scoped, dual] = parsed(contents).components;
  expect(node).toMatchObject({ cpe: 'cpe:2.3:a:nodejs:node.js:24.21.0:*:*:*:*:*:*:*' });
  expect(scoped).toMatchObject({
    licenses: [{ license: { id: 'MIT' } }],
    hashes: [{ alg: 'SHA-512', content: '000102' }],
  });
  expect(dual).toMatchObject({ licenses: [{ expression: '(Apache-2.0 AND BSD-3-Clause)' }] });
});

it('has a serial number that is a UUID and changes with the contents alone', () => {
  const { serialNumber } = parsed(contents);
  expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(parsed(structuredClone(contents)).serialNumber).toBe(serialNumber);
  expect(parsed({ ...contents, packages: [] }).serialNumber).not.toBe(serialNumber);
});
