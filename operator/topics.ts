/** The only place that builds topic and group names: `{namespace}.{pipeline}.{stream}.e{epoch}`. Pure. */
import { streams, type Stream, type Topics } from '../services/shared/streams.ts';

/** One generation of one pipeline. Neither name holds a dot (both are RFC 1035/1123 labels), so names never collide. */
export interface PipelineId {
  readonly namespace: string;
  readonly name: string;
  /** 1 at first; raised only by a rebuild. */
  readonly epoch: number;
}

/** At most 63 + 40 + 13 + 20 characters: within Kafka's 249. */
export function topicName(pipeline: PipelineId, stream: Stream): string {
  return `${pipeline.namespace}.${pipeline.name}.${stream}.e${pipeline.epoch}`;
}

export function topicNames(pipeline: PipelineId): Topics {
  return Object.fromEntries(streams.map((stream) => [stream, topicName(pipeline, stream)])) as Record<Stream, string>;
}

/** The consumer group that the replicas of a stage share. */
export function groupName(pipeline: PipelineId, stage: string): string {
  return `${pipeline.namespace}.${pipeline.name}.${stage}.e${pipeline.epoch}`;
}
