/** Metrics of a pipeline's conditions, replicas and lag. Pure. */
import type { PipelineObject } from '../read-pipeline.ts';
import { sampleOf, type Family, type Samples } from './family.ts';

export const stateSamples: readonly Family[] = [
  {
    name: 'likeness_pipeline_condition',
    help: '1 while a condition of the pipeline is True, else 0',
    read: ({ status }) => (status?.conditions ?? []).map(({ type, status: is }) => [Number(is === 'True'), { type }]),
  },
  {
    name: 'likeness_pipeline_suspended',
    help: '1 while spec.suspend is true',
    read: ({ spec }) => [[Number((spec as { suspend?: unknown } | undefined)?.suspend === true)]],
  },
  {
    name: 'likeness_pipeline_replicas',
    help: 'Replicas of a stage, desired and ready, as the status has them',
    read: replicas,
  },
  {
    name: 'likeness_pipeline_consumer_lag_events',
    help: 'Records that wait before a stage, by the positions that Kafka keeps for its group; also while no replica runs',
    read: ({ status }) =>
      (status?.stages ?? []).flatMap(({ name, consumerLag }) => sampleOf(consumerLag, { stage: name })),
  },
];

function replicas({ status }: PipelineObject): Samples {
  const { replicas: servingDesired, readyReplicas } = status?.serving ?? {};
  const serving = { name: 'serving', desired: servingDesired, ready: readyReplicas };
  return [...(status?.stages ?? []), serving].flatMap(({ name: stage, desired, ready }) => [
    ...sampleOf(desired, { stage, state: 'desired' }),
    ...sampleOf(ready, { stage, state: 'ready' }),
  ]);
}
