/** How a backtest, and the trainer after it, ask for a model's ranker. */
import { LikenessError } from '../../errors.ts';
import type { TrainingSet } from '../event-table.ts';
import type { FitOptions } from '../fit.ts';
import type { Told } from '../fit-together.ts';
import type { Sequences } from '../sequences.ts';
import type { RankerData } from './fit-ranker.ts';
import { gatherData } from './gather-data.ts';
import type { Ranker } from './ranker.ts';
import { trainOn, type ChosenRanker, type RankerStageOptions } from './stage.ts';

/** Throws `BadConfig` where whoever trains has no tensor library to offer. */
export function rankerStage({ inputs, ranker }: FitOptions, step: string): RankerStageOptions {
  if (inputs.ranker === undefined || ranker === undefined)
    throw new LikenessError('BadConfig', `Model ${inputs.name} has a ranker, and nothing was given to train it with`);
  return { ...ranker, settings: inputs.ranker, name: `${step}.ranker` };
}

export interface Continued {
  /** Has the profiles of the set. */
  readonly train: Sequences;
  readonly set: TrainingSet;
  readonly told: Told;
  /** undefined: there is none, or another worker has it. */
  readonly chosen: Pick<ChosenRanker, 'ranker' | 'settings' | 'epochs'> | undefined;
}

/** Trained on to all that `train` has, of all workers: `data`, at the first of them. undefined where the model has no ranker. */
export async function continueRanker(
  { train, set, told, chosen }: Continued,
  options: FitOptions,
): Promise<{ readonly ranker: Ranker | undefined; readonly data: RankerData } | undefined> {
  if (options.inputs.ranker === undefined) return undefined;
  const data = await gatherData(train, set, told);
  return { ranker: chosen && (await trainOn(data, chosen, rankerStage(options, told.step))), data };
}
