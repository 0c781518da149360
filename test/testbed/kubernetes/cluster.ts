/** A real control plane on loopback: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok's nodes. */
import type { KubernetesOptions, RunningKubernetes } from './types.ts';

export function startKubernetes(_options: KubernetesOptions = {}): Promise<RunningKubernetes> {
  return Promise.reject(new Error('The control plane is being built.'));
}
