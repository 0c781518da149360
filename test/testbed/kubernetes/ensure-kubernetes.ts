/** Makes sure that the programs of the control plane are in the cache: compiles them once, from Go modules alone. */
import { existsSync } from 'node:fs';
import { buildGo } from './build-go.ts';
import { goPrograms, kubernetesPrograms, publish, type KubernetesPrograms } from './cache.ts';
import { ensureGo } from './go-toolchain.ts';
import { fetchHelm } from './helm.ts';

/** Cold about 12 minutes on two idle cores, 2 GB of memory and 5 GB of Go's caches; later nothing. */
export async function ensureKubernetes(say: (text: string) => void): Promise<KubernetesPrograms> {
  const programs = kubernetesPrograms();
  const missing = goPrograms.filter((program) => !existsSync(programs[program.name]));
  if (missing.length > 0) {
    const go = await ensureGo(say);
    // One after the other: both take all cores.
    for (const program of missing)
      await publish(programs[program.name], (partial) => buildGo({ go, program, partial, say }));
  }
  if (!existsSync(programs.helm)) {
    say('fetching Helm (37 MB)');
    await publish(programs.helm, fetchHelm);
  }
  return programs;
}
