/** The two images: what they hold beside their files. The Dockerfile says the same; a test compares them. Pure. */
import { command, home, httpPort, user } from '../../operator/kubernetes/render/image-layout.ts';
import type { Layer } from './layer.ts';

export const targets = ['services', 'trainer'] as const;
export type Target = (typeof targets)[number];

/** Where the trainer's image has native TensorFlow. */
export const nativeFolder = `${home}/native`;

export interface Release {
  readonly version: string;
  readonly licence: string;
  /** Where the sources are published; empty if nowhere. */
  readonly source: string;
}

/** The part `config` of an OCI image configuration. */
export interface ContainerConfig {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

export interface Image {
  /** With its tag, as a pod names it. */
  readonly name: string;
  readonly config: ContainerConfig;
  readonly layers: readonly Layer[];
}

interface About {
  readonly repository: string;
  readonly title: string;
  readonly description: string;
  /** Beside what every image has. */
  readonly env: readonly string[];
  /** What `docker run` without arguments does; a pod always says what it wants. */
  readonly main: readonly string[];
}

const about: Record<Target, About> = {
  services: {
    repository: 'likeness',
    title: 'Likeness',
    description: 'The services and the operator of Likeness',
    env: [],
    main: [`${home}/cli/main.js`, '--help'],
  },
  trainer: {
    repository: 'likeness-trainer',
    title: 'Likeness trainer',
    description: 'Trains the models of Likeness',
    env: [`LIKENESS_NATIVE=${nativeFolder}`],
    main: [`${home}/services/trainer/main.js`],
  },
};

/** Docker Hub's long form, which is what containerd looks a short name up as; of the trainer's with CUDA `-gpu`. */
export function nameOf(target: Target, { version }: Pick<Release, 'version'>, native = 'cpu'): string {
  const suffix = target === 'trainer' && native === 'gpu' ? '-gpu' : '';
  return `docker.io/library/${about[target].repository}:${version}${suffix}`;
}

export function configOf(target: Target, release: Release): ContainerConfig {
  const { title, description, main, env } = about[target];
  return {
    User: `${user}:${user}`,
    WorkingDir: home,
    Env: ['PATH=/usr/local/bin', 'NODE_ENV=production', ...env],
    ExposedPorts: { [`${httpPort}/tcp`]: {} },
    Entrypoint: command,
    Cmd: main,
    Labels: {
      'org.opencontainers.image.title': title,
      'org.opencontainers.image.description': description,
      'org.opencontainers.image.version': release.version,
      'org.opencontainers.image.source': release.source,
      'org.opencontainers.image.licenses': release.licence,
    },
  };
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** From Node's names to OCI's. Throws where the files of this machine make no image. */
export function architectureOf({ os, cpu }: { readonly os: string; readonly cpu: string }): string {
  const architecture = architectures[cpu];
  if (os === 'linux' && architecture !== undefined) return architecture;
  throw new Error(`Images are made of the files of linux-x64 or linux-arm64, not of ${os}-${cpu}: use the Dockerfile.`);
}
