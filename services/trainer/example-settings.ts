/** How examples of a classifier are made of events, by whoever trains it and whoever judges it. Pure. */
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { durationMs } from '../../crds/scalars.ts';
import type { ClassifierInputs } from '../shared/learning/classify/classifier-inputs.ts';
import type { PointInTimeSettings } from '../shared/learning/point-in-time/settings.ts';
import { compileFeatures } from '../shared/profile/compile.ts';

/** Of the spec: the features as they were at each moment, and how long repeats and late events count. */
export interface ExampleSource extends Pick<PipelineSpec, 'features' | 'events'> {
  readonly mergeOn: PipelineSpec['identity']['mergeOn'];
  readonly dedupeWindowMs: number;
  readonly graceMs: number;
}

export function exampleSource({
  features,
  events,
  identity,
  cleaning,
}: Pick<PipelineSpec, 'features' | 'events' | 'identity'> & {
  readonly cleaning: Pick<PipelineSpec['cleaning'], 'dedupe' | 'late'>;
}): ExampleSource {
  return {
    features,
    events,
    mergeOn: identity.mergeOn,
    dedupeWindowMs: durationMs(cleaning.dedupe.window),
    graceMs: durationMs(cleaning.late.grace),
  };
}

export function examplesOf(
  { features, events, mergeOn, dedupeWindowMs, graceMs }: ExampleSource,
  { fields, label }: Pick<ClassifierInputs, 'fields' | 'label'>,
): Omit<PointInTimeSettings, 'capacity' | 'seed'> {
  return {
    compiled: compileFeatures(features, events, { mergeOn }),
    features: fields.map(({ name }) => name),
    label,
    moment: 'after',
    dedupeWindowMs,
    graceMs,
  };
}
