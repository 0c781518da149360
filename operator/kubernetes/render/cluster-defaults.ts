/** Kafka and Redis of a cluster for a pipeline that names none. Pure. */
import { specSchema, type PipelineSpec } from '../../../crds/pipeline.ts';

export interface ClusterDefaults {
  /** Bootstrap servers. */
  readonly kafka?: string | undefined;
  /** Redis URL. */
  readonly redis?: string | undefined;
}

/** What the spec says stays as it is; an address that it lacks brings the usual settings with it. */
export function withClusterDefaults(spec: PipelineSpec, { kafka, redis }: ClusterDefaults): PipelineSpec {
  const usual = specSchema.parse({
    ...(kafka !== undefined && { kafka: { bootstrapServers: kafka } }),
    ...(redis !== undefined && { store: { redis: { url: redis } } }),
  });
  const { kafka: ownKafka = usual.kafka, store = usual.store } = spec;
  return { ...spec, ...(ownKafka && { kafka: ownKafka }), ...(store && { store }) };
}
