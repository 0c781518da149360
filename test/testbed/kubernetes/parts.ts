/** The processes of one control plane, with their flags. */
import { join } from 'node:path';
import { OwnedProcess } from '../owned-process.ts';
import { isHealthy } from './api-request.ts';
import { kubernetesPrograms } from './cache.ts';
import { asArgs, kubeProcess, type Layout } from './layout.ts';
import { fakeAnnotation } from './nodes.ts';
import type { ClusterNetwork } from './types.ts';

/** With kwok's nodes alone, whose pods run nowhere. */
export const loopbackNetwork: ClusterNetwork = {
  address: '127.0.0.1',
  serviceRange: '10.96.0.0/16',
  apiService: '10.96.0.1',
};
/** As many requests a second as they like: the limits are for shared clusters. */
const unthrottled = { 'kube-api-qps': '1000', 'kube-api-burst': '2000' };

export function etcd(layout: Layout): OwnedProcess {
  const { ports, pki, dir } = layout;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  const client = `https://127.0.0.1:${ports.etcd}`;
  const flags = {
    name: 'one',
    'data-dir': join(dir, 'etcd'),
    'unsafe-no-fsync': 'true',
    'log-level': 'warn',
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `one=${peer}`,
    'cert-file': join(pki, 'etcd.crt'),
    'key-file': join(pki, 'etcd.key'),
    'trusted-ca-file': join(pki, 'etcd-ca.crt'),
    'client-cert-auth': 'true',
  };
  // The API server waits for it by itself.
  return kubeProcess(layout, 'etcd', { flags, isReady: () => true });
}

export function apiServer(layout: Layout, furtherArgs: readonly string[]): OwnedProcess {
  const { ports, pki, auditLog, access, network } = layout;
  const file = (name: string) => join(pki, name);
  const flags = {
    'etcd-servers': `https://127.0.0.1:${ports.etcd}`,
    'etcd-cafile': file('etcd-ca.crt'),
    'etcd-certfile': file('apiserver-etcd.crt'),
    'etcd-keyfile': file('apiserver-etcd.key'),
    'bind-address': network.address,
    'secure-port': String(ports.apiServer),
    'advertise-address': network.address,
    // The Service kubernetes leads nowhere unless there are pods that can follow it.
    'endpoint-reconciler-type': network === loopbackNetwork ? 'none' : 'lease',
    'kubelet-preferred-address-types': 'InternalIP',
    'tls-cert-file': file('apiserver.crt'),
    'tls-private-key-file': file('apiserver.key'),
    'client-ca-file': file('ca.crt'),
    'requestheader-client-ca-file': file('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': file('front-proxy.crt'),
    'proxy-client-key-file': file('front-proxy.key'),
    'kubelet-client-certificate': file('apiserver-kubelet.crt'),
    'kubelet-client-key': file('apiserver-kubelet.key'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': file('tokens.pub'),
    'service-account-signing-key-file': file('tokens.key'),
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'anonymous-auth': 'false',
    'service-cluster-ip-range': network.serviceRange,
    'allow-privileged': 'true',
    profiling: 'false',
    'audit-policy-file': join(import.meta.dirname, 'audit-policy.yaml'),
    'audit-log-path': auditLog,
    // One file, however long.
    'audit-log-maxsize': '10000',
  };
  const url = `https://${network.address}:${ports.apiServer}/readyz`;
  return kubeProcess(layout, 'kube-apiserver', { flags, furtherArgs, isReady: () => isHealthy(access, url) });
}

export function controllerManager(layout: Layout): OwnedProcess {
  const file = (name: string) => join(layout.pki, name);
  const flags = {
    ...ownServer(layout, 'controller-manager', layout.ports.controllerManager),
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': file('tokens.key'),
    'root-ca-file': file('ca.crt'),
    'cluster-signing-cert-file': file('ca.crt'),
    'cluster-signing-key-file': file('ca.key'),
  };
  const isReady = healthOf(layout, layout.ports.controllerManager);
  return kubeProcess(layout, 'kube-controller-manager', { flags, isReady });
}

export function scheduler(layout: Layout): OwnedProcess {
  const flags = ownServer(layout, 'scheduler', layout.ports.scheduler);
  return kubeProcess(layout, 'kube-scheduler', { flags, isReady: healthOf(layout, layout.ports.scheduler) });
}

export function kwok(layout: Layout, config: string): OwnedProcess {
  const { ports, pki, dir } = layout;
  const flags = {
    config,
    kubeconfig: layout.kubeconfig('kwok'),
    'manage-all-nodes': 'false',
    'manage-nodes-with-annotation-selector': fakeAnnotation,
    'node-ip': '127.0.0.1',
    'node-port': String(ports.kwok),
    cidr: '10.244.0.1/16',
    'node-lease-duration-seconds': '40',
    'server-address': `127.0.0.1:${ports.kwok}`,
    'tls-cert-file': join(pki, 'kwok.crt'),
    'tls-private-key-file': join(pki, 'kwok.key'),
  };
  return new OwnedProcess({
    name: 'kwok',
    command: kubernetesPrograms().kwok,
    args: ['--end-with-parent', ...asArgs(flags)],
    logFile: join(dir, 'kwok.log'),
    isReady: healthOf(layout, ports.kwok),
  });
}

/** What the controller manager and the scheduler have in common. */
function ownServer(layout: Layout, user: string, port: number): Record<string, string> {
  const kubeconfig = layout.kubeconfig(user);
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'secure-port': String(port),
    'tls-cert-file': join(layout.pki, `${user}.crt`),
    'tls-private-key-file': join(layout.pki, `${user}.key`),
    'leader-elect': 'false',
    profiling: 'false',
    ...unthrottled,
  };
}

function healthOf({ access }: Layout, port: number): () => Promise<boolean> {
  return () => isHealthy(access, `https://127.0.0.1:${port}/healthz`);
}
