/** What an earlier release may have made for a pipeline and this one does not: one object of each kind that it prunes. */
import { childResources, foreignResources } from '../../../operator/kubernetes/resources.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../../../operator/kubernetes/runtime/resource.ts';

const selector = { matchLabels: { nobody: 'is' } };
const template = {
  metadata: { labels: selector.matchLabels },
  spec: { containers: [{ name: 'main', image: 'nowhere.invalid/nothing:1' }] },
};

/** What a kind must have beside its metadata. */
const bodies: Readonly<Record<string, object>> = {
  Deployment: { spec: { replicas: 0, selector, template } },
  StatefulSet: { spec: { replicas: 0, serviceName: 'none', selector, template } },
  Service: { spec: { ports: [{ port: 80 }], selector: selector.matchLabels } },
  RoleBinding: { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'none' } },
  NetworkPolicy: { spec: { podSelector: selector } },
  PodDisruptionBudget: { spec: { selector } },
  HorizontalPodAutoscaler: {
    spec: { maxReplicas: 1, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' } },
  },
};

const kept = new Set(['PersistentVolumeClaim', 'Secret', 'Job', 'KafkaTopic']);

export function leftoversOf({ metadata }: KubeObject): KubeObject[] {
  const resources: readonly Resource[] = [
    ...childResources.whole,
    ...childResources.metadataOnly,
    ...Object.values(foreignResources),
  ];
  return resources
    .filter(({ kind }) => !kept.has(kind))
    .map((resource) => ({
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: {
        name: 'left-over',
        namespace: metadata.namespace!,
        labels: {
          'app.kubernetes.io/managed-by': 'likeness-operator',
          'likeness.dev/pipeline': metadata.name,
        },
        ownerReferences: [
          {
            apiVersion: 'likeness.dev/v1alpha1',
            kind: 'ProfilePipeline',
            name: metadata.name,
            uid: metadata.uid!,
            controller: true,
          },
        ],
      },
      ...bodies[resource.kind],
    }));
}

/** Definitions of the kinds of other operators, which take anything. */
export function foreignDefinitions(): object[] {
  return Object.values(foreignResources).map(({ group, version, plural, kind }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }));
}
