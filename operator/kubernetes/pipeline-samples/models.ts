/** Metrics of a pipeline's models: what is in service, what is to follow. Pure. */
import type { ModelStatus } from '../../../crds/status.ts';
import type { PipelineObject } from '../read-pipeline.ts';
import { modelsIn } from '../training/transitions.ts';
import { sampleOf, secondsOf, type Family, type Samples } from './family.ts';

export const modelSamples: readonly Family[] = [
  {
    name: 'likeness_model_phase',
    help: '1 for the phase that a model is in',
    read: each(({ phase }, model) => (phase === undefined ? [] : [[1, { model, phase }]])),
  },
  {
    name: 'likeness_model_announced_generation',
    help: 'Generation of the model that is announced; serving follows it',
    read: each(({ generation }, model) => sampleOf(generation, { model })),
  },
  {
    name: 'likeness_model_canary_percent',
    help: 'Share of the profiles that the newest announced model answers, 1 to 100; 100: it is on trial no more',
    read: each(({ canaryPercent }, model) => sampleOf(canaryPercent, { model })),
  },
  {
    name: 'likeness_model_refusals',
    help: 'Candidates that were refused or taken back in a row',
    read: each(({ refusals }, model) => sampleOf(refusals, { model })),
  },
  {
    name: 'likeness_model_promoted_timestamp_seconds',
    help: 'When the announced model went into service, or on trial',
    read: each(({ active }, model) => sampleOf(secondsOf(active?.promotedAt), { model })),
  },
  {
    name: 'likeness_model_info',
    help: '1 for each version with a role: active, lastStable (the one before it), candidate (the newest not in service)',
    read: each(versions),
  },
];

function versions({ active, lastStable, candidate }: ModelStatus, model: string): Samples {
  return Object.entries({ active, lastStable, candidate }).flatMap(([role, found]) =>
    found === undefined ? [] : sampleOf(1, { model, role, version: found.version }),
  );
}

function each(read: (status: ModelStatus, model: string) => Samples) {
  return ({ status }: PipelineObject): Samples =>
    modelsIn(status ?? {}).flatMap((model) => read(model, model.name ?? ''));
}
