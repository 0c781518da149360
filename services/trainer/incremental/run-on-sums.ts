/** Trains a model on sums within a run of the trainer. */
import { BaselineSample } from '../../shared/learning/drift/baseline-sample.ts';
import type { ModelInputs } from '../../shared/learning/model-inputs.ts';
import { alone } from '../../shared/learning/team.ts';
import type { ReplaceableParts } from '../../shared/run-parts.ts';
import type { TrainerConfig } from '../config.ts';
import { fitBaseline } from '../fit-baseline.ts';
import type { Replayed } from '../replay.ts';
import type { TrainerDeps } from '../service.ts';
import type { TrainedModel } from '../train-model.ts';
import { trainOnSums } from './train-on-sums.ts';

type SumsConfig = Pick<TrainerConfig, 'topics' | 'mergeOn' | 'since' | 'minEvents' | 'holdout'> &
  Partial<Pick<TrainerConfig, 'refresh'>>;

/** Where the model's sums are kept; undefined: it is trained from everything. */
export function sumsPlace(
  { name, ranker }: ModelInputs,
  { refresh }: SumsConfig,
  { sumsOf, team = alone }: Pick<TrainerDeps, 'sumsOf' | 'team'>,
): ReplaceableParts | undefined {
  // A ranker learns from whole histories, and sums of several workers would have to be cut anew with each number of them.
  return refresh?.mode === 'Incremental' && team.size === 1 && !ranker ? sumsOf?.(name) : undefined;
}

export async function runOnSums(
  inputs: ModelInputs,
  config: SumsConfig,
  deps: TrainerDeps & { readonly progress: (phase: string) => void },
): Promise<{ readonly trained: TrainedModel; readonly replayed: Replayed }> {
  const { topics, refresh } = config;
  const { broker, clock, inverter, progress: onProgress, signingKey } = deps;
  const sample = new BaselineSample(inputs);
  const { trained, set, replayed } = await trainOnSums(
    { ...config, inputs, topic: topics['events-clean'], refitAfterMs: refresh!.refitAfterMs, sample },
    { broker, inverter, signingKey, onProgress, now: () => clock.now(), parts: sumsPlace(inputs, config, deps)! },
  );
  const { name: step, length } = inputs;
  const baseline = await fitBaseline({ sample, set, trained, length, step }, alone);
  return { trained: { ...trained, baseline }, replayed };
}
