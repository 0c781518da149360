/** The topics as Strimzi resources, for a Topic Operator to make. Pure. */
import { configOf } from '../../../services/shared/adapters/kafka/topic-config.ts';
import type { PlannedTopic } from '../../plan.ts';
import { metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

export function renderKafkaTopics(rendering: Rendering): KubernetesObject[] {
  const { topicMode, strimziCluster, topics } = rendering.plan;
  if (topicMode !== 'KafkaTopic' || strimziCluster === undefined) return [];
  return topics.map((topic) => kafkaTopic(rendering, topic, strimziCluster));
}

/** A topic is deleted with its resource, so with deletionPolicy Retain nobody owns it. */
function kafkaTopic(rendering: Rendering, topic: PlannedTopic, cluster: string): KubernetesObject {
  const { name, partitions, replicationFactor } = topic;
  const owned = rendering.plan.deletionPolicy === 'Delete';
  return {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaTopic',
    metadata: metadataOf(rendering, {
      name,
      component: 'topic',
      owned,
      labels: { 'strimzi.io/cluster': cluster },
    }),
    spec: {
      topicName: name,
      partitions,
      ...(replicationFactor !== undefined && { replicas: replicationFactor }),
      config: configOf(topic),
    },
  };
}
