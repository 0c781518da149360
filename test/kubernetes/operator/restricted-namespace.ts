/** A namespace for one pipeline, as a careful cluster has it. */

/** A namespace that enforces the restricted standard, and a volume for the models of the pipeline `shop` in it. */
export const namespaceOf = (name: string): object[] => [restrictedNamespace(name), modelsVolume(name)];

const restrictedNamespace = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
});

/** Nobody provisions volumes here: the claim of the models binds to this one. */
const modelsVolume = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: `models-${namespace}` },
  spec: {
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteMany'],
    hostPath: { path: `/models/${namespace}` },
    claimRef: { namespace, name: 'shop-models' },
  },
});
