/** What the operator shows of each pipeline: read from its status at every scrape, so that a restart loses nothing. */
import type { Registry } from 'prom-client';
import { modelSamples } from './pipeline-samples/models.ts';
import type { Family, Samples } from './pipeline-samples/family.ts';
import { stateSamples } from './pipeline-samples/state.ts';
import { trainingSamples } from './pipeline-samples/trainings.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { registerFleeting, type Sample } from './runtime/fleeting-metric.ts';
import type { Change, Informer } from './runtime/informer.ts';
import { keyOf } from './runtime/resource.ts';
import type { Timing } from './runtime/timing.ts';
import type { TrainingJob } from './training/observe-job.ts';
import { transitionReasons, transitionsBetween } from './training/transitions.ts';

export interface PipelineMetricsDeps {
  readonly pipelines: Pick<Informer<PipelineObject>, 'values' | 'onChange'>;
  /** The Jobs that are kept of a pipeline, by its key. */
  readonly jobsOf: (key: string) => readonly TrainingJob[];
  readonly timing: Pick<Timing, 'turn'>;
}

const families: readonly Family[] = [...stateSamples, ...trainingSamples, ...modelSamples];

/** Only the copy that leads calls this: the others know no pipeline. */
export function registerPipelineMetrics(registry: Registry, deps: PipelineMetricsDeps): void {
  const { pipelines, jobsOf } = deps;
  const turn = oneAfterTheOther(deps);
  for (const { name, help, read } of families)
    registerFleeting(registry, {
      name,
      help,
      type: 'gauge',
      turn,
      samples: () => each(pipelines, (pipeline) => read(pipeline, () => jobsOf(keyOf(pipeline.metadata)))),
    });
  registerTransitions(registry, pipelines, turn);
}

/** A scrape asks for all metrics at once; with a thousand pipelines that would hold up the lease. */
function oneAfterTheOther({ timing }: PipelineMetricsDeps): () => Promise<void> {
  let last = Promise.resolve();
  return () => (last = last.then(() => timing.turn()));
}

type Pipelines = PipelineMetricsDeps['pipelines'];

function* each(pipelines: Pipelines, read: (pipeline: PipelineObject) => Samples): Iterable<Sample> {
  for (const pipeline of pipelines.values()) {
    const { namespace = '', name } = pipeline.metadata;
    for (const [value, labels] of read(pipeline)) yield { value, labels: { namespace, pipeline: name, ...labels } };
  }
}

/** Born at 0 with the first scrape that sees the pipeline, and gone with it. */
function registerTransitions(registry: Registry, pipelines: Pipelines, turn: () => Promise<void>): void {
  const counts = new Map<string, Map<string, number>>();
  pipelines.onChange((change) => countTransitions(counts, change));
  registerFleeting(registry, {
    name: 'likeness_transitions_total',
    help: 'Begins and ends of trainings, and steps of models, by the reasons of their Events',
    type: 'counter',
    turn,
    samples: () =>
      each(pipelines, ({ metadata }) => {
        const own = counts.get(keyOf(metadata));
        return transitionReasons.map((reason) => [own?.get(reason) ?? 0, { reason }]);
      }),
  });
}

function countTransitions(
  counts: Map<string, Map<string, number>>,
  { type, object, previous }: Change<PipelineObject>,
): void {
  const key = keyOf(object.metadata);
  if (type === 'Deleted') return void counts.delete(key);
  if (previous === undefined || object.status === undefined) return;
  const own = counts.get(key) ?? new Map<string, number>();
  for (const { reason } of transitionsBetween(previous.status, object.status))
    own.set(reason, (own.get(reason) ?? 0) + 1);
  if (own.size > 0) counts.set(key, own);
}
