/** The built-in kinds an operator renders and watches; a caller adds its own. */
import { apiVersionOf, type Resource } from './resource.ts';

const namespaced = (apiVersion: string, kind: string, plural: string): Resource => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group: group!, version: version!, plural, kind, namespaced: true };
};

export const kinds = {
  ConfigMap: namespaced('v1', 'ConfigMap', 'configmaps'),
  Secret: namespaced('v1', 'Secret', 'secrets'),
  Service: namespaced('v1', 'Service', 'services'),
  ServiceAccount: namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  Pod: namespaced('v1', 'Pod', 'pods'),
  PersistentVolumeClaim: namespaced('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  Deployment: namespaced('apps/v1', 'Deployment', 'deployments'),
  StatefulSet: namespaced('apps/v1', 'StatefulSet', 'statefulsets'),
  Job: namespaced('batch/v1', 'Job', 'jobs'),
  Role: namespaced('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  RoleBinding: namespaced('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  NetworkPolicy: namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  PodDisruptionBudget: namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  HorizontalPodAutoscaler: namespaced('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  Lease: namespaced('coordination.k8s.io/v1', 'Lease', 'leases'),
  Event: namespaced('events.k8s.io/v1', 'Event', 'events'),
} as const satisfies Record<string, Resource>;

/** Finds the resource of an object by its apiVersion and kind; throws for one that nobody listed. */
export function resourceIndex(resources: Iterable<Resource>) {
  const found = new Map<string, Resource>();
  for (const resource of resources) found.set(`${apiVersionOf(resource)} ${resource.kind}`, resource);
  return ({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): Resource => {
    const resource = found.get(`${apiVersion} ${kind}`);
    if (!resource) throw new Error(`No resource is listed for ${apiVersion} ${kind}: add it to the resources given.`);
    return resource;
  };
}
