/** What the render is given: a plan, its spec, and what this cluster and this release are. */
import type { V1NetworkPolicyPeer } from '@kubernetes/client-node';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import type { Plan } from '../../plan.ts';
import type { KubeObject } from '../runtime/resource.ts';

/** Plain JSON: `spec`, `data`, `rules`, … are what the kind has beside. */
export interface KubernetesObject extends KubeObject {
  readonly [field: string]: unknown;
}

/** Which kinds of others this API server knows. */
export interface Capabilities {
  /** monitoring.coreos.com/v1, PodMonitor. */
  readonly monitors: boolean;
  /** keda.sh/v1alpha1, ScaledObject. */
  readonly keda: boolean;
}

export interface NetworkSettings {
  /** Who may send to ingest and read from serving. */
  readonly callers: readonly V1NetworkPolicyPeer[];
  /** Namespace whose pods read metrics. */
  readonly monitoringNamespace: string;
  /** Namespace of the cluster's DNS servers. */
  readonly dnsNamespace: string;
}

/** The claim for models of a pipeline that names none. */
export interface ModelsVolume {
  /** ReadWriteOnce is enough only where all pods of a pipeline share one node. */
  readonly accessMode: 'ReadWriteMany' | 'ReadWriteOnce';
  /** A Kubernetes quantity; models are at most some hundred megabytes, and only few are kept. */
  readonly size: string;
  /** Absent: the cluster's default. */
  readonly storageClassName?: string | undefined;
}

export interface RenderOptions {
  /** The effective spec that the plan was made from. */
  readonly spec: PipelineSpec;
  /** Of the ProfilePipeline, which then owns every object; absent: the objects belong to nobody. */
  readonly uid?: string | undefined;
  /** Image of the services, and of trainings that need no tensors. */
  readonly image: string;
  /** Image of trainings that do, where the spec names none. Default: `image`. */
  readonly trainerImage?: string | undefined;
  /** The same for those on GPUs. Default: `trainerImage`. */
  readonly trainerGpuImage?: string | undefined;
  /** Of this release, for a label. */
  readonly version: string;
  readonly capabilities: Capabilities;
  readonly network?: Partial<NetworkSettings> | undefined;
  readonly modelsVolume?: Partial<ModelsVolume> | undefined;
}

export interface Rendering extends RenderOptions {
  readonly plan: Plan;
  readonly network: NetworkSettings;
  readonly modelsVolume: ModelsVolume;
}

const everyPod: V1NetworkPolicyPeer = { namespaceSelector: {} };
const network: NetworkSettings = {
  callers: [everyPod],
  monitoringNamespace: 'monitoring',
  dnsNamespace: 'kube-system',
};
const modelsVolume: ModelsVolume = { accessMode: 'ReadWriteMany', size: '10Gi' };

export function renderingOf(plan: Plan, options: RenderOptions): Rendering {
  return {
    ...options,
    plan,
    network: { ...network, ...options.network },
    modelsVolume: { ...modelsVolume, ...options.modelsVolume },
  };
}
