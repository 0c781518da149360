/** The software bill of materials of an image: CycloneDX 1.6 as JSON, the same for the same contents. Pure. */
import { createHash } from 'node:crypto';
import type { OsPackage } from './libraries.ts';
import type { Package } from './packages.ts';

export interface Contents {
  /** Of the image. */
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly node: { readonly version: string; readonly sha256: string };
  readonly packages: readonly Package[];
  /** From PyPI. */
  readonly wheels: readonly Wheel[];
  readonly osPackages: readonly OsPackage[];
  /** Debian's, or that of another distribution: ID of /etc/os-release. */
  readonly distribution: string;
  /** Libraries of no known package. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

export interface Component {
  readonly type: 'application' | 'library' | 'file' | 'container';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly cpe?: string;
  readonly licenses?: readonly object[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** Formatted, with a newline at the end. */
export function sbomOf(contents: Contents): string {
  const components = [
    nodeComponent(contents.node),
    ...contents.packages.map(npmComponent),
    ...contents.wheels.map(wheelComponent),
    ...contents.osPackages.map((found) => osComponent(found, contents.distribution)),
    ...contents.files.map(fileComponent),
  ];
  const described = {
    version: 1,
    metadata: { component: imageComponent(contents) },
    components,
    dependencies: [{ ref: contents.name, dependsOn: components.map((component) => component['bom-ref']) }],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(described))}`;
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, ...described }, undefined, 2)}\n`;
}

const imageComponent = ({ name, version, licence }: Contents): Component => ({
  type: 'container',
  'bom-ref': name,
  name,
  version,
  licenses: licencesOf(licence),
});

const nodeComponent = ({ version, sha256 }: Contents['node']): Component => ({
  type: 'application',
  'bom-ref': `pkg:generic/node@${version}`,
  name: 'node',
  version,
  purl: `pkg:generic/node@${version}`,
  cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
  licenses: licencesOf('MIT'),
  hashes: [{ alg: 'SHA-256', content: sha256 }],
});

/** Two copies of one version have one purl, so the path tells them apart. */
function npmComponent({ path, name, version, integrity, licence }: Package): Component {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': `${purl}#${path}`,
    name,
    version,
    purl,
    ...(licence !== undefined && { licenses: licencesOf(licence) }),
    ...(integrity?.startsWith('sha512-') && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }],
    }),
  };
}

function wheelComponent({ name, version, sha256 }: Wheel): Component {
  const purl = `pkg:pypi/${name}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
  };
}

function osComponent({ name, version, architecture }: OsPackage, distribution: string): Component {
  const purl = `pkg:deb/${distribution}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: 'library', 'bom-ref': purl, name, version, purl };
}

const fileComponent = ({ path, sha256 }: Contents['files'][number]): Component => ({
  type: 'file',
  'bom-ref': `file:${path}`,
  name: path,
  hashes: [{ alg: 'SHA-256', content: sha256 }],
});

const licencesOf = (licence: string): object[] =>
  /^[\w.+-]+$/.test(licence) ? [{ license: { id: licence } }] : [{ expression: licence }];

/** Of version 8 (RFC 9562): its bits are what one makes them. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = (8 + (Number.parseInt(hex[16]!, 16) % 4)).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
