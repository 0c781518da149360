/** What changes the number of a stage's pods: processor use, or (KEDA) records that wait before it. Pure. */
import type { V2HorizontalPodAutoscalerSpec } from '@kubernetes/client-node';
import type { StageName, Workload } from '../../plan.ts';
import type { Autoscaling } from '../../plan-sizes.ts';
import type { Stream } from '../../../services/shared/streams.ts';
import { kafkaAuthenticationName, triggerAuthentication } from './keda-authentication.ts';
import { childName, metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** Of what a pod has set aside; above it there are more. */
const busyPercent = 70;

/** The stream that a stage waits on. */
const streamOf: Partial<Record<StageName, Stream>> = { cleaner: 'events-raw', feature: 'events-clean' };

/** None while the pipeline is suspended: an autoscaler would start it again. Without KEDA processor use decides. */
export function renderAutoscalers(rendering: Rendering): KubernetesObject[] {
  if (rendering.plan.suspended) return [];
  const scalers = rendering.plan.workloads.flatMap((workload) => {
    const { autoscaling } = workload;
    if (autoscaling === undefined) return [];
    const byLag = autoscaling.by === 'Lag' && rendering.capabilities.keda;
    return [byLag ? scaledObject(rendering, workload, autoscaling) : podAutoscaler(rendering, workload, autoscaling)];
  });
  const usesKeda = scalers.some(({ kind }) => kind === 'ScaledObject');
  return usesKeda ? [...triggerAuthentication(rendering), ...scalers] : scalers;
}

function targetOf(rendering: Rendering, { name, storage }: Workload) {
  const kind = storage ? 'StatefulSet' : 'Deployment';
  return { apiVersion: 'apps/v1', kind, name: childName(rendering, name) };
}

function podAutoscaler(rendering: Rendering, workload: Workload, autoscaling: Autoscaling): KubernetesObject {
  const { minReplicas, maxReplicas } = autoscaling;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadataOf(rendering, { name: childName(rendering, workload.name), component: workload.name }),
    spec: {
      scaleTargetRef: targetOf(rendering, workload),
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: busyPercent } },
        },
      ],
    } satisfies V2HorizontalPodAutoscalerSpec,
  };
}

/** https://keda.sh/docs/latest/scalers/apache-kafka/: without `topic` it would count every topic of the group. */
function scaledObject(rendering: Rendering, workload: Workload, autoscaling: Autoscaling): KubernetesObject {
  const { minReplicas, maxReplicas, lagThreshold = 1000 } = autoscaling;
  const { env } = workload;
  const topic = rendering.plan.topics.find(({ stream }) => stream === streamOf[workload.name])!.name;
  const authentication = kafkaAuthenticationName(rendering);
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: metadataOf(rendering, { name: childName(rendering, workload.name), component: workload.name }),
    spec: {
      scaleTargetRef: targetOf(rendering, workload),
      minReplicaCount: minReplicas,
      maxReplicaCount: maxReplicas,
      triggers: [
        {
          type: 'kafka',
          metadata: {
            bootstrapServers: env['LIKENESS_KAFKA'],
            consumerGroup: env['LIKENESS_GROUP'],
            topic,
            lagThreshold: String(lagThreshold),
            // Before its first commit a group reads from the start: all of the topic waits.
            offsetResetPolicy: 'earliest',
            allowIdleConsumers: 'false',
            ...securityOf(env),
          },
          ...(authentication !== undefined && { authenticationRef: { name: authentication } }),
        },
      ],
    },
  };
}

/** KEDA's words for what the services are told. */
function securityOf(env: Workload['env']): Record<string, string> {
  const mechanism = env['LIKENESS_KAFKA_SASL'];
  const names: Readonly<Record<string, string>> = {
    'scram-sha-256': 'scram_sha256',
    'scram-sha-512': 'scram_sha512',
    plain: 'plaintext',
  };
  return {
    ...(mechanism !== undefined && { sasl: names[mechanism]! }),
    ...(env['LIKENESS_KAFKA_TLS'] === 'true' && { tls: 'enable' }),
  };
}
