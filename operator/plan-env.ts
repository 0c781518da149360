/** The environment that a plan gives each stage: what it connects to and its slice of the spec. Pure. */
import { needsModel } from '../crds/learned-cleaning.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import type { StageName } from './plan.ts';
import { topicNames, type PipelineId } from './topics.ts';

export function commonEnv(
  pipeline: PipelineId,
  partitions: number,
  spec: PipelineSpec,
  stage: StageName,
): Record<string, string> {
  const store = stage === 'feature' || stage === 'serving' ? spec.store : undefined;
  return {
    LIKENESS_NAMESPACE: pipeline.namespace,
    LIKENESS_PIPELINE: pipeline.name,
    LIKENESS_EPOCH: String(pipeline.epoch),
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topicNames(pipeline)),
    ...(spec.kafka && kafkaEnv(spec.kafka)),
    ...(store && { LIKENESS_REDIS: store.redis.url }),
  };
}

const mechanisms = { ScramSha256: 'scram-sha-256', ScramSha512: 'scram-sha-512', Plain: 'plain' } as const;

function kafkaEnv({ bootstrapServers, tls, authentication }: NonNullable<PipelineSpec['kafka']>) {
  return {
    LIKENESS_KAFKA: bootstrapServers,
    ...(tls && { LIKENESS_KAFKA_TLS: 'true' }),
    ...(authentication && { LIKENESS_KAFKA_SASL: mechanisms[authentication.type] }),
  };
}

/** JSON of what the stage reads, so that a change of another part leaves its environment, and it, alone. */
export function stageSpec(stage: StageName, spec: PipelineSpec): string {
  return JSON.stringify(parts[stage](spec));
}

const parts: Readonly<Record<StageName, (spec: PipelineSpec) => object>> = {
  ingest: ({ ingest: { log, limits } }) => ({ ingest: { ...(log && { log: { size: log.size } }), limits } }),
  cleaner: ({ events, cleaning, identity, models: [first] }) => ({
    events,
    cleaning,
    identity,
    ...(first && needsModel(cleaning) && { cleaningModel: first.name }),
  }),
  feature: ({ events, features, identity, cleaning: { dedupe } }) => ({
    events,
    features,
    identity,
    cleaning: { dedupe },
  }),
  serving: ({ events, features, models, serving: { rules, authentication } }) => ({
    events,
    features,
    models,
    serving: { rules, authentication },
  }),
  trainer: ({ events, features, models, identity, cleaning, training: { minEvents, holdout } }) => {
    const { dedupe, impute, scale, outliers } = cleaning;
    return {
      events,
      features,
      models,
      training: { minEvents, holdout },
      identity,
      cleaning: { dedupe, impute, scale, outliers },
    };
  },
};
