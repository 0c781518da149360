/** The lowest layer: Node, the libraries that it and the addons link to, and the few files that a C library reads. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { user } from '../../operator/kubernetes/render/image-layout.ts';
import { copiedFile, type Entry, type Layer, layerOf, textFile } from './layer.ts';
import type { Library, OsPackage } from './libraries.ts';

const sticky = 0o1777;

const passwd = `root:x:0:0:root:/:/sbin/nologin
node:x:${user}:${user}:node:/tmp:/sbin/nologin
nobody:x:65534:65534:nobody:/:/sbin/nologin
`;
const group = `root:x:0:
node:x:${user}:
nogroup:x:65534:
`;

/** `node`: the program's path on this machine. */
export function systemLayer(node: string, libraries: readonly Library[]): Layer {
  return layerOf('system', [
    copiedFile('usr/local/bin/node', node),
    ...licenceOfNode(node),
    ...libraries.map(({ path }) => copiedFile(path.slice(1), realpathSync(path))),
    ...packagesOf(libraries).flatMap(packageFiles),
    ...(existsSync('/etc/os-release') ? [copiedFile('etc/os-release', realpathSync('/etc/os-release'))] : []),
    // Node has these inside; this is for whatever looks where Linux keeps them.
    textFile('etc/ssl/certs/ca-certificates.crt', `${rootCertificates.join('\n')}\n`),
    textFile('etc/passwd', passwd),
    textFile('etc/group', group),
    textFile('etc/nsswitch.conf', 'hosts: files dns\n'),
    { kind: 'directory', path: 'tmp', mode: sticky },
  ]);
}

/** Each once, by name. */
export function packagesOf(libraries: readonly Library[]): OsPackage[] {
  const byName = new Map(libraries.flatMap(({ package: found }) => (found ? [[found.name, found] as const] : [])));
  return [...byName.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Without dpkg's own list, scanners look for a file per package here. */
function packageFiles({ name, status }: OsPackage): Entry[] {
  const copyright = join('/usr/share/doc', name, 'copyright');
  return [
    textFile(`var/lib/dpkg/status.d/${name}`, status),
    ...(existsSync(copyright) ? [copiedFile(copyright.slice(1), realpathSync(copyright))] : []),
  ];
}

/** It lies beside the folder of the program, in the archive of Node's makers as in the npm package. */
function licenceOfNode(node: string): Entry[] {
  const home = dirname(dirname(node));
  const packaged = join(home, 'node_modules', `node-${process.platform}-${process.arch}`);
  const file = [home, packaged].map((folder) => join(folder, 'LICENSE')).find((path) => existsSync(path));
  return file === undefined ? [] : [copiedFile(join('usr/local/share/doc/node', basename(file)), file)];
}
