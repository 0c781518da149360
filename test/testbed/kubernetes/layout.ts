/** Where one control plane has its files and ports, and how its processes are run. */
import { join } from 'node:path';
import { freePort } from '../../../operator/local/free-port.ts';
import { OwnedProcess } from '../owned-process.ts';
import type { ApiAccess } from './api-request.ts';
import { kubernetesPrograms } from './cache.ts';
import type { ClusterNetwork } from './types.ts';

export interface Layout {
  /** Holds everything of this control plane. */
  readonly dir: string;
  readonly pki: string;
  readonly auditLog: string;
  readonly kubeconfig: (user: string) => string;
  readonly access: ApiAccess;
  readonly ports: Ports;
  readonly network: ClusterNetwork;
}

const portNames = ['etcd', 'etcdPeer', 'apiServer', 'controllerManager', 'scheduler', 'kwok'] as const;

export type Ports = Readonly<Record<(typeof portNames)[number], number>>;

/** Distinct ones, below the range that clients are given. */
export async function freePorts(): Promise<Ports> {
  const found = new Set<number>();
  while (found.size < portNames.length) found.add(await freePort());
  const ports = [...found];
  return Object.fromEntries(portNames.map((name, index) => [name, ports[index]!])) as unknown as Ports;
}

export interface KubeProcess {
  readonly flags: Readonly<Record<string, string>>;
  readonly furtherArgs?: readonly string[];
  readonly isReady: () => boolean | Promise<boolean>;
}

/** A component of the multi-call binary. */
export function kubeProcess(
  { dir }: Layout,
  name: string,
  { flags, furtherArgs = [], isReady }: KubeProcess,
): OwnedProcess {
  return new OwnedProcess({
    name,
    command: kubernetesPrograms().kube,
    args: ['--end-with-parent', name, ...asArgs(flags), ...furtherArgs],
    logFile: join(dir, `${name}.log`),
    isReady,
  });
}

export function asArgs(flags: Readonly<Record<string, string>>): string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}
