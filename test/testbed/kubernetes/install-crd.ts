/** The CRD of pipelines, as `npm run generate` makes it, in a cluster of the tests. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningKubernetes } from './types.ts';

const file = join(import.meta.dirname, '../../../crds/generated/profilepipeline.crd.yaml');

/** Resolves when the API server takes pipelines. */
export async function installCrd(cluster: RunningKubernetes): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '-f', file]);
  // `kubectl wait` gives up on an object whose status has no conditions yet.
  for (let attempt = 1; ; attempt++)
    try {
      return void (await cluster.kubectl(['wait', '--for=condition=Established', '-f', file]));
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(250);
    }
}
