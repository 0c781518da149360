/** The pod of a stage, within the Pod Security Standard "restricted". Pure. */
import type {
  V1Container,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodTemplateSpec,
  V1ResourceRequirements,
  V1SecurityContext,
} from '@kubernetes/client-node';
import type { Amounts } from '../../../crds/cluster.ts';
import type { Workload } from '../../plan.ts';
import { argumentsOf, command, user } from './image-layout.ts';
import { childName, podLabels } from './metadata.ts';
import { type Mount, stageMounts } from './mounts.ts';
import type { Rendering } from './rendering.ts';

const podSecurity: V1PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  // A volume of many models is not gone through at every start.
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
};

const containerSecurity: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export interface PodParts {
  /** Where the environment comes from. */
  readonly environment: Pick<V1Container, 'env' | 'envFrom'>;
  /** What this stage's container and pod have beside. */
  readonly container?: Partial<V1Container>;
  readonly pod?: Partial<V1PodSpec>;
}

export function podTemplate(rendering: Rendering, workload: Workload, parts: PodParts): V1PodTemplateSpec {
  const { name: stage } = workload;
  const mounts = stageMounts(rendering, workload);
  const { volumes = [], ...pod } = parts.pod ?? {};
  return {
    metadata: { labels: podLabels(rendering, stage) },
    spec: {
      serviceAccountName: childName(rendering, stage),
      automountServiceAccountToken: false,
      // Their variables would be named LIKENESS_… for a Service called likeness.
      enableServiceLinks: false,
      securityContext: podSecurity,
      containers: [container(rendering, workload, { ...parts, mounts })],
      volumes: [...mounts.flatMap(volumeOf), ...volumes],
      ...pod,
    },
  };
}

function container(
  rendering: Rendering,
  workload: Workload,
  { environment, container: more, mounts }: PodParts & { readonly mounts: readonly Mount[] },
): V1Container {
  const { volumeMounts = [], ...rest } = more ?? {};
  return {
    name: workload.name,
    image: workload.image ?? imageOf(rendering, workload),
    imagePullPolicy: 'IfNotPresent',
    command: [...command],
    args: argumentsOf(workload.name),
    // kafkajs would otherwise warn at each start of a partitioner that Likeness does not use.
    env: [{ name: 'KAFKAJS_NO_PARTITIONER_WARNING', value: '1' }, ...(environment.env ?? [])],
    ...(environment.envFrom && { envFrom: environment.envFrom }),
    resources: resourcesOf(workload),
    securityContext: containerSecurity,
    volumeMounts: [...mounts.map(volumeMountOf), ...volumeMounts],
    ...rest,
  };
}

/** The trainer's images are large, and a node that runs stages has the services' already: only tensors are worth one. */
function imageOf(
  { image, trainerImage = image, trainerGpuImage = trainerImage }: Rendering,
  { job }: Workload,
): string {
  if (job?.tensors !== true) return image;
  return job.gpu === undefined ? trainerImage : trainerGpuImage;
}

/** Without what is undefined, which JSON cannot say. */
export function resourcesOf({ resources: { requests, limits } }: Workload): V1ResourceRequirements {
  return { requests: amountsOf(requests), ...(limits && { limits: amountsOf(limits) }) };
}

function amountsOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).flatMap(([name, amount]) => (amount === undefined ? [] : [[name, amount]])),
  );
}

const volumeOf = ({ name, source }: Mount) => (source === undefined ? [] : [{ name, ...source }]);

const volumeMountOf = ({ name, path, writable }: Mount) => ({
  name,
  mountPath: path,
  ...(writable !== true && { readOnly: true }),
});

/** `instances` at most one apart on nodes and in zones, as far as there are nodes. */
export function spread(selector: Readonly<Record<string, string>>, revisionLabel: string) {
  return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { ...selector } },
    // Or the pods that an update replaces would be counted with the new ones.
    matchLabelKeys: [revisionLabel],
  }));
}
