/** A volume that is a folder of the one node, for one claim: what a provisioner of local disks would make. */
import { nodeName } from '../../testbed/node/settings.ts';

export function localVolume(
  path: string,
  { namespace, claim }: { readonly namespace: string; readonly claim: string },
): object {
  const onTheNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${namespace}-${claim}` },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce', 'ReadWriteMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onTheNode] }] } },
      claimRef: { namespace, name: claim },
    },
  };
}
