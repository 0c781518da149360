/** Spec → Plan: what topics and workloads a pipeline needs. Pure; knows neither Kubernetes nor processes. */
import { durationMs } from '../crds/scalars.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import type { TopicSettings } from '../services/shared/broker.ts';
import { streams, type Stream } from '../services/shared/streams.ts';
import { groupName, topicName, topicNames, type PipelineId } from './topics.ts';

export type StageName = 'ingest' | 'cleaner' | 'feature' | 'serving' | 'trainer';

export interface Workload {
  readonly name: StageName;
  /** A service runs until it is stopped; a job runs once each time it is asked for, and exits. */
  readonly kind: 'service' | 'job';
  readonly replicas: number;
  /** Keys of services/shared/config.ts. Addresses, folders and ports of this machine are the backend's to add. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Plan {
  readonly pipeline: PipelineId;
  /** Partitions of the keyed streams. */
  readonly partitions: number;
  readonly topics: readonly TopicSettings[];
  readonly workloads: readonly Workload[];
}

export interface PlanInput extends PipelineId {
  /** The effective spec, preset merged in. */
  readonly spec: PipelineSpec;
}

/** Without Kafka one machine does all the work: a few partitions keep its cores busy. */
const embeddedPartitions = 4;
const compactedStreams: ReadonlySet<Stream> = new Set(['items', 'models']);

export function planPipeline(input: PlanInput): Plan {
  const { spec } = input;
  const pipeline = { namespace: input.namespace, name: input.name, epoch: input.epoch };
  const partitions = spec.kafka?.partitions ?? embeddedPartitions;
  const common = commonEnv(pipeline, spec, partitions);
  return {
    pipeline,
    partitions,
    topics: streams.map((stream) => topicSettings(pipeline, stream, spec)),
    workloads: [
      service('ingest', replicasOf(spec, 'ingest'), { ...common, LIKENESS_SPEC: json(ingestSpec(spec)) }),
      service('cleaner', replicasOf(spec, 'cleaner'), {
        ...common,
        LIKENESS_GROUP: groupName(pipeline, 'cleaner'),
        LIKENESS_SPEC: json(cleanerSpec(spec)),
      }),
      service('feature', replicasOf(spec, 'feature'), {
        ...common,
        LIKENESS_GROUP: groupName(pipeline, 'feature'),
        LIKENESS_SPEC: json(featureSpec(spec)),
      }),
      service('serving', replicasOf(spec, 'serving'), { ...common, LIKENESS_SPEC: json(servingSpec(spec)) }),
      { name: 'trainer', kind: 'job', replicas: 1, env: { ...common, LIKENESS_SPEC: json(trainerSpec(spec)) } },
    ],
  };
}

function topicSettings(pipeline: PipelineId, stream: Stream, spec: PipelineSpec): TopicSettings {
  const compacted = compactedStreams.has(stream);
  const partitions = compacted ? 1 : (spec.kafka?.partitions ?? embeddedPartitions);
  const kept = compacted ? { compacted } : spec.kafka && { retentionMs: durationMs(spec.kafka.retention) };
  const copies = spec.kafka && { replicationFactor: spec.kafka.replicationFactor };
  return { name: topicName(pipeline, stream), partitions, ...kept, ...copies };
}

function commonEnv(pipeline: PipelineId, spec: PipelineSpec, partitions: number): Record<string, string> {
  return {
    LIKENESS_NAMESPACE: pipeline.namespace,
    LIKENESS_PIPELINE: pipeline.name,
    LIKENESS_EPOCH: String(pipeline.epoch),
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: json(topicNames(pipeline)),
    ...(spec.kafka && { LIKENESS_KAFKA: spec.kafka.bootstrapServers }),
    ...(spec.store && { LIKENESS_REDIS: spec.store.redis.url }),
  };
}

function service(name: StageName, replicas: number, env: Record<string, string>): Workload {
  return { name, kind: 'service', replicas, env };
}

function replicasOf(spec: PipelineSpec, stage: StageName): number {
  if (stage === 'serving') return spec.serving.replicas;
  return spec.stages.find(({ name }) => name === stage)?.replicas ?? 1;
}

const json = (value: unknown): string => JSON.stringify(value);

// Each stage is given only what it reads, so that a change of another part leaves its environment, and it, alone.
const ingestSpec = ({ ingest }: PipelineSpec) => ({ ingest });
const cleanerSpec = ({ events, cleaning, identity }: PipelineSpec) => ({ events, cleaning, identity });
const featureSpec = ({ events, features, identity, cleaning: { dedupe } }: PipelineSpec) => ({
  events,
  features,
  identity,
  cleaning: { dedupe },
});
const servingSpec = ({ events, features, models, serving: { rules, authentication } }: PipelineSpec) => ({
  events,
  features,
  models,
  serving: { rules, authentication },
});
const trainerSpec = ({ events, features, models, training, identity, cleaning: { dedupe } }: PipelineSpec) => ({
  events,
  features,
  models,
  training,
  identity,
  cleaning: { dedupe },
});
