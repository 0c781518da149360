/** What the operator shows of each pipeline: read from its status at every scrape, so that a restart loses nothing. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { modelSamples } from './pipeline-samples/models.ts';
import type { Family, Samples } from './pipeline-samples/family.ts';
import { stateSamples } from './pipeline-samples/state.ts';
import { trainingSamples } from './pipeline-samples/trainings.ts';
import type { PipelineObject } from './read-pipeline.ts';
import type { Change, Informer } from './runtime/informer.ts';
import { keyOf } from './runtime/resource.ts';
import type { TrainingJob } from './training/observe-job.ts';
import { transitionReasons, transitionsBetween } from './training/transitions.ts';

export interface PipelineMetricsDeps {
  readonly pipelines: Pick<Informer<PipelineObject>, 'values' | 'onChange'>;
  /** The Jobs that are kept of a pipeline, by its key. */
  readonly jobsOf: (key: string) => readonly TrainingJob[];
}

const families: readonly Family[] = [...stateSamples, ...trainingSamples, ...modelSamples];

/** Only the copy that leads calls this: the others know no pipeline. */
export function registerPipelineMetrics(registry: Registry, { pipelines, jobsOf }: PipelineMetricsDeps): void {
  for (const family of families)
    registerGauge(registry, family, () => [...pipelines.values()].map((pipeline) => seen(pipeline, family, jobsOf)));
  registerTransitions(registry, pipelines);
}

interface Seen {
  readonly pipeline: PipelineObject;
  readonly samples: Samples;
}

function seen(pipeline: PipelineObject, { read }: Family, jobsOf: PipelineMetricsDeps['jobsOf']): Seen {
  return { pipeline, samples: read(pipeline, () => jobsOf(keyOf(pipeline.metadata))) };
}

const ofPipeline = ({ metadata }: PipelineObject) => ({ namespace: metadata.namespace ?? '', pipeline: metadata.name });

function registerGauge(registry: Registry, { name, help, labelNames }: Family, look: () => readonly Seen[]): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: ['namespace', 'pipeline', ...labelNames],
    registers: [registry],
    collect: () => {
      gauge.reset();
      for (const { pipeline, samples } of look())
        for (const [value, labels] of samples) gauge.set({ ...ofPipeline(pipeline), ...labels }, value);
    },
  });
}

/** Born at 0 with the first scrape that sees the pipeline, and gone with it. */
function registerTransitions(registry: Registry, pipelines: PipelineMetricsDeps['pipelines']): void {
  const counts = new Map<string, Map<string, number>>();
  pipelines.onChange((change) => countTransitions(counts, change));
  const counter: Counter = new Counter({
    name: 'likeness_transitions_total',
    help: 'Begins and ends of trainings, and steps of models, by the reasons of their Events',
    labelNames: ['namespace', 'pipeline', 'reason'],
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const pipeline of pipelines.values()) {
        const own = counts.get(keyOf(pipeline.metadata));
        for (const reason of transitionReasons) counter.inc({ ...ofPipeline(pipeline), reason }, own?.get(reason) ?? 0);
      }
    },
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
