/** The environment that a plan gives each stage: what it connects to and its slice of the spec. Pure. */
import { watchesModels } from '../crds/drift.ts';
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
    ...(stage === 'feature' && spec.archive && { LIKENESS_ARCHIVE: 'true' }),
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
  feature: (spec) => ({
    events: spec.events,
    features: spec.features,
    identity: spec.identity,
    cleaning: { dedupe: spec.cleaning.dedupe },
    ...(watchesModels(spec) && { watch: watchOf(spec) }),
  }),
  serving: ({ events, features, models, serving: { rules, authentication }, training: { skew } }) => ({
    events,
    features,
    models,
    serving: { rules, authentication },
    training: { skew },
  }),
  archive: ({ archive }) => ({ archive }),
  trainer: ({ events, features, models, identity, cleaning, archive, training: { minEvents, holdout, refresh } }) => {
    const { dedupe, late, impute, scale, outliers } = cleaning;
    return {
      events,
      features,
      models,
      training: { minEvents, holdout, refresh },
      identity,
      ...(archive && { archive }),
      cleaning: { dedupe, late, impute, scale, outliers },
    };
  },
  gate: ({ events, features, models, identity, cleaning, archive, training: { promotion } }) => {
    const { minDelta, segmentFloor, latencyBudget } = promotion;
    return {
      events,
      features,
      models,
      identity,
      cleaning: { dedupe: cleaning.dedupe, late: cleaning.late },
      ...(archive && { archive }),
      training: { promotion: { ...(minDelta && { minDelta }), segmentFloor, latencyBudget } },
    };
  },
};

/** A change of when a training may begin does not concern those who watch. */
function watchOf({ models, training: { retrain } }: PipelineSpec): object {
  const { driftMetric, threshold, consecutiveWindows, sampleShare } = retrain;
  return { models, driftMetric, threshold, consecutiveWindows, sampleShare };
}
