/** Which npm packages an image holds, and which of their files: what runs in production on this platform. Pure. */

/** An entry of package-lock.json, as far as it matters here. */
interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export interface Package {
  /** `node_modules/NAME`, or deeper. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** As in the lock file: `sha512-` and Base64. */
  readonly integrity?: string;
  /** An SPDX expression. */
  readonly licence?: string;
}

/** As Node names them. */
export interface Platform {
  readonly os: string;
  readonly cpu: string;
  /** Version of Node's binary interface: `process.versions.modules`. */
  readonly abi: string;
}

export function productionPackages({ packages }: Lockfile, { os, cpu }: Platform): Package[] {
  return Object.entries(packages)
    .filter(([path, entry]) => path !== '' && entry.dev !== true)
    .filter(([, entry]) => (entry.os ?? [os]).includes(os) && (entry.cpu ?? [cpu]).includes(cpu))
    .map(([path, entry]) => packageOf(path, entry))
    .filter(({ name }) => !isTypesAlone(name));
}

function packageOf(path: string, { name, version, integrity, license }: LockEntry): Package {
  if (version === undefined) throw new Error(`package-lock.json has no version for ${path}.`);
  const found = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return { path, name: found, version, ...(integrity && { integrity }), ...(license && { licence: license }) };
}

/** Client libraries depend on them for those who compile; they hold nothing that runs. */
const isTypesAlone = (name: string) => name.startsWith('@types/') || name === 'undici-types';

const notRun = /\.d\.[cm]?ts$|\.map$/;

/** `file` is a path within its package. Declarations, source maps and binaries for another C library or Node stay away. */
export function isRun(file: string, { abi }: Platform): boolean {
  if (notRun.test(file)) return false;
  const binary = /(?:^|\/)node\.(abi(?<abi>\d+)|napi)\.(?<libc>glibc|musl)\.node$/.exec(file)?.groups;
  return binary === undefined || (binary['libc'] === 'glibc' && (binary['abi'] ?? abi) === abi);
}
