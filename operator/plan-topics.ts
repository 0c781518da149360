/** The topics of a pipeline, with every setting that it insists on. Pure. */
import type { PipelineSpec } from '../crds/pipeline.ts';
import { durationMs } from '../crds/scalars.ts';
import { streams, type Stream } from '../services/shared/streams.ts';
import type { PlannedTopic } from './plan.ts';
import { topicName, type PipelineId } from './topics.ts';

/** Read as a whole by everybody: the last word about each key is kept, in one partition. */
const compactedStreams: ReadonlySet<Stream> = new Set(['items', 'models']);
/** In one order, and read by one replica at a time. */
const singleStreams: ReadonlySet<Stream> = new Set([...compactedStreams, 'signals']);

export function planTopics(pipeline: PipelineId, partitions: number, kafka: PipelineSpec['kafka']): PlannedTopic[] {
  return streams.map((stream) => {
    const compacted = compactedStreams.has(stream);
    return {
      stream,
      name: topicName(pipeline, stream),
      partitions: singleStreams.has(stream) ? 1 : partitions,
      ...(compacted ? { compacted } : kafka && { retentionMs: durationMs(kafka.retention) }),
      ...(kafka && copies(kafka)),
    };
  });
}

function copies({ replicationFactor, minInsyncReplicas }: NonNullable<PipelineSpec['kafka']>) {
  return { replicationFactor, minInsyncReplicas: minInsyncReplicas ?? Math.min(2, replicationFactor) };
}
