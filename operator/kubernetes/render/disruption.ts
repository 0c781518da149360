/** How many pods of a stage may be taken away at once by a node that is drained. Pure. */
import type { V1PodDisruptionBudgetSpec } from '@kubernetes/client-node';
import type { StageName } from '../../plan.ts';
import { childName, metadataOf, stageSelector } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** One at a time: never none of several, and a single one does not keep its node from being drained. */
export function disruptionBudget(rendering: Rendering, stage: StageName): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(rendering, { name: childName(rendering, stage), component: stage }),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: stageSelector(rendering, stage) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    } satisfies V1PodDisruptionBudgetSpec,
  };
}
