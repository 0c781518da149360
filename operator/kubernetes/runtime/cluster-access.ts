/** Where the API server is and how to prove who we are: a pod's account, or what a kubeconfig says. */
import { existsSync, readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';

/** The part of client-node's KubeConfig that a transport needs. */
export interface ClusterAccess {
  getCurrentCluster(): { readonly server: string; readonly proxyUrl?: string | undefined } | null;
  /** Adds certificates, headers and, for a proxy, an agent. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

export interface AccessSettings {
  /** KUBECONFIG. */
  readonly kubeconfig?: string | undefined;
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which every pod has. */
  readonly serviceHost?: string | undefined;
  readonly servicePort?: string | undefined;
  /** Where a pod's token and authority are mounted. */
  readonly accountFolder?: string | undefined;
}

const defaultAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * What a transport loads its credentials from. In a pod without KUBECONFIG that is the pod's account, and client-node,
 * which takes 80 MB and a second to import, stays where it is; elsewhere KUBECONFIG or ~/.kube/config.
 */
export async function findCluster(settings: AccessSettings): Promise<() => ClusterAccess> {
  const { kubeconfig, serviceHost, servicePort = '443', accountFolder = defaultAccountFolder } = settings;
  if (!kubeconfig && serviceHost && existsSync(join(accountFolder, 'token')))
    return () => podAccount(serviceHost, servicePort, accountFolder);
  const { KubeConfig } = await import('@kubernetes/client-node');
  return () => {
    const config = new KubeConfig();
    config.loadFromDefault();
    return config;
  };
}

/** Reads its files each time, because the kubelet renews the token. */
function podAccount(host: string, port: string, folder: string): ClusterAccess {
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    getCurrentCluster: () => ({ server }),
    applyToHTTPSOptions: (options) => {
      options.ca = readFileSync(join(folder, 'ca.crt'));
      options.headers = { Authorization: `Bearer ${readFileSync(join(folder, 'token'), 'utf8').trim()}` };
      return Promise.resolve();
    },
  };
}
