/** Runs Helm as a user would, with a home of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kubernetesPrograms } from '../testbed/kubernetes/cache.ts';

export const chart = join(import.meta.dirname, '../../charts/likeness');

interface Helm {
  /** Its standard output; rejects with its standard error. */
  (...args: string[]): Promise<string>;
}

export interface HelmHome {
  readonly helm: Helm;
  /** For files of the test, too. */
  readonly folder: string;
  readonly remove: () => void;
}

/** Without a kubeconfig only what needs no cluster works. */
export function helmHome(kubeconfig = '/dev/null'): HelmHome {
  const home = mkdtempSync(join(tmpdir(), 'likeness-helm-'));
  const env = { ...process.env, HOME: home, XDG_CACHE_HOME: '', KUBECONFIG: kubeconfig };
  const program = kubernetesPrograms().helm;
  return {
    folder: home,
    helm: async (...args) => {
      const { stdout } = await promisify(execFile)(program, args, { env, maxBuffer: 64 * 1024 * 1024 });
      return stdout;
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
