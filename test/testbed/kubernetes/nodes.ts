/** Nodes that exist in the API alone; kwok keeps them Ready and plays their pods. */
import type { FakeNode } from './types.ts';

/** One node for the services and two for training, with four GPUs each. */
export const defaultNodes: readonly FakeNode[] = [
  { name: 'cpu-0', cpu: '64', memory: '256Gi' },
  { name: 'gpu-0', cpu: '64', memory: '512Gi', gpus: 4, gpuProduct: 'NVIDIA-H100-80GB-HBM3' },
  { name: 'gpu-1', cpu: '64', memory: '512Gi', gpus: 4, gpuProduct: 'NVIDIA-H200' },
];

/** Kwok plays the nodes that carry it. */
export const fakeAnnotation = 'kwok.x-k8s.io/node=fake';
/** The kubelet's own default is 110; a test may want a thousand on one node. */
const podsPerNode = '5000';

export function nodeManifest(node: FakeNode): object {
  const resources = {
    cpu: node.cpu,
    memory: node.memory,
    pods: podsPerNode,
    'ephemeral-storage': '200Gi',
    ...(node.gpus ? { 'nvidia.com/gpu': String(node.gpus) } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      annotations: { [fakeAnnotation.split('=')[0]!]: 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
      labels: { ...standardLabels(node), ...gpuLabels(node), ...node.labels },
    },
    spec: node.taints ? { taints: node.taints } : {},
    status: { capacity: resources, allocatable: resources },
  };
}

function standardLabels({ name }: FakeNode): Record<string, string> {
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'topology.kubernetes.io/zone': `zone-${name}`,
  };
}

/** As NVIDIA's GPU feature discovery puts them. */
function gpuLabels({ gpus, gpuProduct }: FakeNode): Record<string, string> {
  if (!gpus) return {};
  return {
    'nvidia.com/gpu.present': 'true',
    'nvidia.com/gpu.count': String(gpus),
    ...(gpuProduct ? { 'nvidia.com/gpu.product': gpuProduct } : {}),
  };
}
