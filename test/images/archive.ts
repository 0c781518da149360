/** Reads an OCI archive back with the tar of this machine, so that the writer is not its own judge. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { ContainerConfig } from '../../charts/images/image.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface Configuration {
  readonly architecture: string;
  readonly config: ContainerConfig;
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

export interface OpenArchive {
  readonly name: string;
  readonly manifest: Descriptor;
  /** What `docker load` goes by. */
  readonly docker: {
    readonly Config: string;
    readonly RepoTags: readonly string[];
    readonly Layers: readonly string[];
  };
  /** Paths of everything in it. */
  readonly files: readonly string[];
  blob<T>(descriptor: Descriptor): T;
  /** One line an entry, as `tar --list --verbose` says it. */
  list(layer: Descriptor): string[];
  /** Digests of blobs whose names or sizes are not what they hold. */
  falseBlobs(descriptors: readonly Descriptor[]): string[];
}

const mostBytes = 1024 ** 3;

/** Nothing is written: layers are large. */
export function openArchive(path: string): OpenArchive {
  const tar = (args: readonly string[], input?: Buffer): Buffer =>
    execFileSync('tar', args, { maxBuffer: mostBytes, ...(input && { input }) });
  const read = (name: string) => tar(['--extract', '--to-stdout', '--file', path, name]);
  const blob = ({ digest }: Descriptor) => read(`blobs/${digest.replace(':', '/')}`);
  const json = <T>(bytes: Buffer): T => JSON.parse(bytes.toString()) as T;
  const index = json<{ manifests: (Descriptor & { annotations: Record<string, string> })[] }>(read('index.json'));
  return {
    name: index.manifests[0]!.annotations['io.containerd.image.name']!,
    manifest: index.manifests[0]!,
    docker: json<OpenArchive['docker'][]>(read('manifest.json'))[0]!,
    files: linesOf(tar(['--list', '--file', path])),
    blob: (descriptor) => json(blob(descriptor)),
    list: (layer) => linesOf(tar(['--list', '--verbose'], blob(layer))),
    falseBlobs: (descriptors) => descriptors.filter((each) => isFalse(each, blob(each))).map(({ digest }) => digest),
  };
}

const linesOf = (bytes: Buffer) => bytes.toString().trimEnd().split('\n');

const isFalse = ({ digest, size }: Descriptor, bytes: Buffer) =>
  size !== bytes.length || digest !== `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
