/** Looks for better settings: seeded random ones, of which successive halving (Jamieson and Talwalkar, 2016) keeps the best. */
import { nextUniform, nextUpTo } from '../statistics/mersenne-twister.ts';
import type { RankerFit } from './fit-ranker.ts';
import { randomAt } from './random.ts';
import type { RankerSettings, Tuned } from './settings.ts';

/** One training of one trial up to the end of a rung. */
export interface TrialResult extends Tuned {
  readonly trial: number;
  readonly rung: number;
  /** Trained in all by the end of the rung, at most; it may have stopped before. */
  readonly epochs: number;
  /** On the validation fold, the best so far. */
  readonly ndcg: number;
}

export interface Found {
  readonly fit: RankerFit;
  readonly settings: RankerSettings;
  readonly table: readonly TrialResult[];
}

/** Trains a trial on to the end of `settings.epochs`, from where it stopped. */
export type Train = (trial: number, settings: RankerSettings) => Promise<RankerFit>;

/** One in so many goes on to the next rung, whose trainings are so many times as long. */
const halving = 3;
const mostRungs = 3;

/** Trial 0 has the settings that are given. Without a search it is the only one. */
export async function search(given: RankerSettings, seed: number, train: Train): Promise<Found> {
  const trials = Array.from({ length: Math.max(1, given.trials) }, (_, trial) => drawSettings(given, seed, trial));
  const rungs = Math.min(mostRungs, 1 + Math.floor(Math.log(trials.length) / Math.log(halving) + 1e-9));
  const table: TrialResult[] = [];
  let alive = trials.map((settings, trial) => ({ trial, settings }));
  for (let rung = 0; ; rung++) {
    const epochs = Math.ceil(given.epochs / halving ** (rungs - 1 - rung));
    const ended: {
      readonly trial: number;
      readonly settings: RankerSettings;
      readonly fit: RankerFit;
      ndcg: number;
    }[] = [];
    for (const { trial, settings } of alive) {
      const fit = await train(trial, { ...settings, epochs });
      const ndcg = bestWithin(fit, epochs);
      ended.push({ trial, settings, fit, ndcg });
      const { learningRate, dropout, l2, negatives } = settings;
      table.push({ trial, rung, epochs, ndcg, learningRate, dropout, l2, negatives });
    }
    ended.sort((a, b) => b.ndcg - a.ndcg || a.trial - b.trial);
    if (rung === rungs - 1) return { fit: ended[0]!.fit, settings: ended[0]!.settings, table };
    alive = ended.slice(0, Math.max(1, Math.floor(ended.length / halving)));
  }
}

/** One that is taken up again may have gone further before. */
function bestWithin({ curve }: RankerFit, epochs: number): number {
  return curve.slice(0, epochs).reduce((best, { ndcg }) => Math.max(best, ndcg ?? 0), 0);
}

const dropouts = [0, 0.1, 0.2, 0.3, 0.4, 0.5];
const penalties = [0, 1e-7, 1e-6, 1e-5, 1e-4];
const samples = [0.5, 1, 2];

function drawSettings(given: RankerSettings, seed: number, trial: number): RankerSettings {
  if (trial === 0) return given;
  const random = randomAt(seed, trial);
  const pick = (from: readonly number[]): number => from[nextUpTo(random, from.length - 1)]!;
  return {
    ...given,
    // Within a factor of 4 of what is given, evenly by its logarithm.
    learningRate: given.learningRate * 4 ** (2 * nextUniform(random) - 1),
    dropout: pick(dropouts),
    l2: pick(penalties),
    negatives: Math.max(1, Math.round(given.negatives * pick(samples))),
  };
}
