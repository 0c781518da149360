/** The token of a pod that reports: few do, and the others have none. Pure. */
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';

/** What the client libraries of Kubernetes look for, but the token is short-lived and good for a report alone. */
export const tokenMount: V1VolumeMount = {
  name: 'token',
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
};

export const tokenVolume: V1Volume = {
  name: 'token',
  projected: {
    defaultMode: 0o440,
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  },
};
