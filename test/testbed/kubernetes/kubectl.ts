/** Runs kubectl as a user would. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { kubernetesPrograms } from './cache.ts';

export interface KubectlRun {
  readonly kubeconfig: string;
  /** Where it keeps what it discovered. */
  readonly cacheDir: string;
  readonly input?: string | undefined;
}

/** Returns its standard output; throws with its standard error. */
export async function runKubectl(
  args: readonly string[],
  { kubeconfig, cacheDir, input }: KubectlRun,
): Promise<string> {
  const child = spawn(kubernetesPrograms().kube, ['kubectl', `--cache-dir=${cacheDir}`, ...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.end(input);
  const [code, out, problem] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${problem.trim() || out.trim()}`);
  return out;
}
