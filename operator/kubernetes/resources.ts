/** Every kind of object that the operator reads or writes. */
import { kinds, resourceIndex } from './runtime/kinds.ts';
import type { Resource } from './runtime/resource.ts';

export const profilePipelines: Resource = {
  group: 'likeness.dev',
  version: 'v1alpha1',
  plural: 'profilepipelines',
  kind: 'ProfilePipeline',
  namespaced: true,
};

/** What a pipeline may have and the operator keeps as rendered. Whole are those of which more than that is read. */
export const childResources = {
  whole: [kinds.Deployment, kinds.StatefulSet, kinds.Job, kinds.PersistentVolumeClaim],
  metadataOnly: [
    kinds.ConfigMap,
    kinds.Secret,
    kinds.Service,
    kinds.ServiceAccount,
    kinds.Role,
    kinds.RoleBinding,
    kinds.NetworkPolicy,
    kinds.PodDisruptionBudget,
    kinds.HorizontalPodAutoscaler,
  ],
} as const satisfies Readonly<Record<string, readonly Resource[]>>;

/** Of other operators: watched only where their definitions are installed. */
export const foreignResources = {
  monitors: {
    group: 'monitoring.coreos.com',
    version: 'v1',
    plural: 'podmonitors',
    kind: 'PodMonitor',
    namespaced: true,
  },
  keda: { group: 'keda.sh', version: 'v1alpha1', plural: 'scaledobjects', kind: 'ScaledObject', namespaced: true },
  kedaAuthentication: {
    group: 'keda.sh',
    version: 'v1alpha1',
    plural: 'triggerauthentications',
    kind: 'TriggerAuthentication',
    namespaced: true,
  },
  strimzi: {
    group: 'kafka.strimzi.io',
    version: 'v1',
    plural: 'kafkatopics',
    kind: 'KafkaTopic',
    namespaced: true,
  },
} as const satisfies Readonly<Record<string, Resource>>;

export const resourceOf = resourceIndex([
  profilePipelines,
  ...childResources.whole,
  ...childResources.metadataOnly,
  ...Object.values(foreignResources),
]);
