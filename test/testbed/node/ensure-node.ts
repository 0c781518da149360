/** Makes sure that the cache holds what a node needs beside Debian's packages: CoreDNS and the image of a pod's first container. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { architectureOf } from '../../../charts/images/image.ts';
import { copiedFile, layerOf } from '../../../charts/images/layer.ts';
import { writeArchive } from '../../../charts/images/oci-archive.ts';
import { ensureTools, type Tool } from '../debian-tools.ts';
import { buildGo } from '../kubernetes/build-go.ts';
import { cached, digestOf, publish, type GoProgram } from '../kubernetes/cache.ts';
import { ensureGo } from '../kubernetes/go-toolchain.ts';
import { pauseImage } from './settings.ts';

export interface NodeParts {
  /** The program. */
  readonly coredns: string;
  /** An OCI archive. */
  readonly pause: string;
}

const program: GoProgram = {
  name: 'coredns',
  title: 'CoreDNS 1.12',
  source: join(import.meta.dirname, 'go'),
  variables: {},
};

/** Of Debian's package busybox-static: a program that needs no other file. */
const busybox = '/bin/busybox';
const tool = (command: string, versionArg: string, name: string): Tool => ({
  command,
  versionArgs: [versionArg],
  isGood: () => true,
  packages: [name],
});
const tools: readonly Tool[] = [
  tool('containerd', '--version', 'containerd'),
  tool('runc', '--version', 'runc'),
  tool('/usr/lib/cni/bridge', '--version', 'containernetworking-plugins'),
  tool('ip', '-Version', 'iproute2'),
  tool('iptables', '--version', 'iptables'),
  tool('nft', '--version', 'nftables'),
  tool('unshare', '--version', 'util-linux'),
  tool(busybox, '--help', 'busybox-static'),
];

/** Where they are, or will be. */
export function nodeParts(): NodeParts {
  const folder = cached(program.name, digestOf(program));
  return { coredns: join(folder, program.name), pause: join(folder, 'pause.tar') };
}

/** Cold about 90 s on two idle cores; later nothing. */
export async function ensureNode(say: (text: string) => void): Promise<NodeParts> {
  await ensureTools(tools, 'The tests on a real node', say);
  const parts = nodeParts();
  if (!existsSync(parts.coredns)) {
    const go = await ensureGo(say);
    await publish(parts.coredns, (partial) => buildGo({ go, program, partial, say }));
  }
  if (!existsSync(parts.pause)) await publish(parts.pause, writePause);
  return parts;
}

/** It only has to be there, to hold the namespaces that the containers of a pod share. */
async function writePause(path: string): Promise<void> {
  const config = {
    User: '65535:65535',
    WorkingDir: '/',
    Env: [],
    ExposedPorts: {},
    Entrypoint: ['/busybox', 'sleep', '2147483647'],
    Cmd: [],
    Labels: {},
  };
  const layers = [layerOf('pause', [copiedFile('busybox', busybox)])];
  await writeArchive(
    path,
    { name: pauseImage, config, layers },
    architectureOf({ os: process.platform, cpu: process.arch }),
  );
}
