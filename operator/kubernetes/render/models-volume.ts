/** The volume of the models: trainers write it, serving reads it, so it must be mountable by many pods at once. Pure. */
import type { V1PersistentVolumeClaimSpec } from '@kubernetes/client-node';
import { metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** None where the spec names a claim: its size and its class are its maker's. */
export function modelsVolumeClaim(rendering: Rendering): KubernetesObject[] {
  const { models, deletionPolicy } = rendering.plan;
  const { accessMode, size, storageClassName } = rendering.modelsVolume;
  if (!models.own) return [];
  const owned = deletionPolicy === 'Delete';
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: metadataOf(rendering, { name: models.claimName, component: 'models', owned }),
      spec: {
        accessModes: [accessMode],
        resources: { requests: { storage: size } },
        ...(storageClassName !== undefined && { storageClassName }),
      } satisfies V1PersistentVolumeClaimSpec,
    },
  ];
}
