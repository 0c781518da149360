/** The settings of what runs on a node. Pure. */
import { stringify } from 'yaml';
import type { NodeNetwork } from './network.ts';

export const nodeName = 'worker';
export const pauseImage = 'localhost/likeness-testbed/pause:1';

interface NodeFolder {
  /** Of this node alone. */
  readonly dir: string;
  readonly cgroup: string;
  readonly network: NodeNetwork;
}

/** File names in the node's folder, and what is in them. ca.crt, kubelet.crt, kubelet.key and the kubeconfigs lie there too. */
export function nodeSettings(node: NodeFolder): Record<string, string> {
  return {
    'containerd.toml': containerd(node),
    'cni/10-bridge.conflist': JSON.stringify(bridge(node)),
    'kubelet.yaml': stringify(kubelet(node)),
    'kube-proxy.yaml': stringify(kubeProxy(node)),
    // Pods ask it at the address of the node.
    Corefile: `.:53 {\n  errors\n  cache 2\n  kubernetes cluster.local {\n    kubeconfig ${node.dir}/coredns.kubeconfig\n  }\n}\n`,
    'resolv.conf': '',
  };
}

function containerd({ dir }: NodeFolder): string {
  return `version = 2
root = "${dir}/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    discard_unpacked_layers = true
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${dir}/cni"
`;
}

function bridge({ network }: NodeFolder): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: network.podRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [{ type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true, ipMasq: false, ipam }],
  };
}

function kubelet({ dir, cgroup, network }: NodeFolder): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: network.nodeAddress,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${dir}/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${dir}/kubelet.crt`,
    tlsPrivateKeyFile: `${dir}/kubelet.key`,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [network.nodeAddress],
    clusterDomain: 'cluster.local',
    resolvConf: `${dir}/resolv.conf`,
    volumePluginDir: `${dir}/volume-plugins`,
    // The disk is the machine's, which may be fuller than a node likes.
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
  };
}

function kubeProxy({ dir, network }: NodeFolder): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: `${dir}/kube-proxy.kubeconfig` },
    clusterCIDR: network.podRange,
    hostnameOverride: nodeName,
    nodePortAddresses: ['primary'],
    // They are the machine's.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}
