/** A backtest: weights chosen on the validation fold, every model judged on the test fold. The trainer does the same. */
import type { TrainingSet } from './event-table.ts';
import {
  assessAll,
  chooseWeights,
  defaultWeights,
  evaluationOf,
  fitAll,
  leastQueries,
  type Assessed,
  type BlendWeights,
  type FitOptions,
} from './fit.ts';
import { leaveOneOut, timeSplit, type Fold, type Protocol, type Split } from './split.ts';

export interface BacktestOptions extends FitOptions {
  readonly protocol: Protocol;
  readonly k: number;
  /** Of the steps, for the test of a time split; the validation has as many. */
  readonly fraction: number;
  readonly onProgress?: (phase: string) => void;
}

export interface BacktestResult {
  readonly weights: BlendWeights;
  /** Popularity, SR, EASE and the blend, judged on the test fold by models that had seen none of it. */
  readonly models: readonly (Assessed & { readonly fitSeconds: number })[];
  /** Size of EASE's block in the test fold. */
  readonly easeItems: number;
  readonly easeMassKept: number;
}

export async function backtest(set: TrainingSet, options: BacktestOptions): Promise<BacktestResult> {
  const { inputs, k, onProgress = () => undefined } = options;
  const { validation, test } = splitBy(set, options);
  onProgress(`choosing weights on ${validation.queries.at.length} questions`);
  const { weights, seconds: choosing } = await choose(validation, set, options);
  onProgress(`judging on ${test.queries.at.length} questions (SR weight ${weights.srWeight}, decay ${weights.decay})`);
  const fitted = await fitAll(test.train, set.items, options);
  const { seconds } = fitted;
  const fitSeconds = { ...seconds, blend: seconds.sr + seconds.ease + choosing };
  const judged = assessAll(fitted, weights, { sequences: set.sequences, queries: test.queries, k, inputs });
  const models = judged.map((model) => ({ ...model, fitSeconds: fitSeconds[model.kind] }));
  return { weights, models, easeItems: fitted.ease.items, easeMassKept: fitted.ease.massKept };
}

async function choose({ train, queries }: Fold, { sequences, items }: TrainingSet, options: BacktestOptions) {
  if (queries.at.length < leastQueries) return { weights: defaultWeights, seconds: 0 };
  const { inputs, k, now } = options;
  const started = now();
  const trial = await fitAll(train, items, options);
  const weights = chooseWeights(trial, evaluationOf(trial, { sequences, queries, k, inputs }));
  return { weights, seconds: (now() - started) / 1000 };
}

function splitBy({ sequences }: TrainingSet, { protocol, fraction }: BacktestOptions): Split {
  return protocol === 'leave-one-out' ? leaveOneOut(sequences) : timeSplit(sequences, fraction);
}
