/** Topic settings ↔ Kafka's words for them. Pure. */
import type { TopicSettings } from '../../broker.ts';

export type TopicConfig = Readonly<Record<string, string>>;

/** Every entry that Likeness insists on; others are the cluster's own business. */
export function configOf({ compacted, retentionMs, minInsyncReplicas, replicationFactor }: TopicSettings): TopicConfig {
  const replicas = minInsyncReplicas ?? (replicationFactor && Math.max(1, replicationFactor - 1));
  return {
    // Record times from event time would let retention delete history while it is being written.
    'message.timestamp.type': 'LogAppendTime',
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': compacted ? 'compact' : 'delete',
    'retention.ms': String(retentionMs ?? -1),
    ...(replicas && { 'min.insync.replicas': String(replicas) }),
  };
}

/** Entries that differ, as "name is X, Y is wanted"; in the order of their names. */
export function differences(wanted: TopicConfig, actual: TopicConfig): string[] {
  return Object.keys(wanted)
    .toSorted()
    .filter((name) => actual[name] !== wanted[name])
    .map((name) => `${name} is ${actual[name] ?? 'not set'}, ${wanted[name]} is wanted`);
}
