/** A backtest: weights chosen on the validation fold, every model judged on the test fold. The trainer does the same. */
import { cutTimes, type CutTimes } from './cut-times.ts';
import type { TrainingSet } from './event-table.ts';
import {
  blendModel,
  chooseWeights,
  choosingQueries,
  defaultWeights,
  evaluationOf,
  fitTogether,
  leastQueries,
  type Assessed,
  type BlendWeights,
  type FitOptions,
  type Fitted,
} from './fit.ts';
import type { Told } from './fit-together.ts';
import { assessTogether, spreadModels, type Judged } from './judge-together.ts';
import { gatherData } from './ranker/gather-data.ts';
import { continueRanker, rankerStage } from './ranker/in-training.ts';
import { chooseRanker, type ChosenRanker } from './ranker/stage.ts';
import type { ModelKind } from './recommender.ts';
import { sampleQuestions, type Questions } from './questions.ts';
import { leaveOneOut, timeSplit, type Fold, type Protocol, type Split } from './split.ts';
import { alone, isFirst, type Team } from './team.ts';

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
  /** The models that were judged by the test fold, fitted to what comes before it. */
  readonly fitted: Fitted;
  /** Of a time split: the test fold begins here, milliseconds since 1970. */
  readonly testFrom?: number;
  /** What was chosen on the validation fold, where the model has a ranker; trained on to the test fold. */
  readonly ranker?: ChosenRanker;
  /** Size of EASE's block in the test fold. */
  readonly easeItems: number;
  readonly easeMassKept: number;
}

export async function backtest(set: TrainingSet, options: BacktestOptions): Promise<BacktestResult> {
  return (await backtestTogether(set, options, alone))!;
}

/** Over all workers' profiles; undefined where another one is the first, which has the result. */
export async function backtestTogether(
  set: TrainingSet,
  options: BacktestOptions,
  team: Team,
): Promise<BacktestResult | undefined> {
  const { inputs, k, onProgress = () => undefined } = options;
  const step = inputs.name;
  const { validation, test, validationFrom = -Infinity, testFrom } = await splitBy(set, options, { team, step });
  const chosen = await choose({ ...validation, from: validationFrom }, set, options, {
    team,
    step: `${step}.validation`,
  });
  const told = { team, step: `${step}.test` };
  if (chosen) onProgress(judgingOn(test.queries.at.length, chosen.weights, team));
  const own = await fitTogether(test.train, set.items, options, told);
  const further = await continueRanker({ train: test.train, set, told, chosen: chosen?.ranker }, options);
  const beside = further?.ranker && { ranker: further.ranker, weight: chosen!.ranker!.weight };
  const judged = await spreadModels(own && chosen && { fitted: own, weights: chosen.weights, beside }, set.items, told);
  const assessed = await assessTogether(judged, { sequences: set.sequences, queries: test.queries, k, inputs }, told);
  if (chosen === undefined) return undefined;
  const cut = testFrom === undefined ? {} : { testFrom };
  return { ...resultOf(chosen, judged, assessed), ...cut };
}

function resultOf(chosen: Chosen, { fitted, beside }: Judged, assessed: readonly Assessed[]): BacktestResult {
  const { weights, ranker, rankerSeconds = 0 } = chosen;
  const { seconds, ease } = fitted;
  const blend = seconds.sr + seconds.ease + chosen.seconds;
  const fitSeconds: Record<ModelKind, number> = {
    ...seconds,
    blend,
    ranker: rankerSeconds,
    'ranker-blend': blend + rankerSeconds,
  };
  return {
    weights,
    models: assessed.map((model) => ({ ...model, fitSeconds: fitSeconds[model.kind] })),
    fitted,
    ...(ranker && beside && { ranker: { ...ranker, ranker: beside.ranker } }),
    easeItems: ease.items,
    easeMassKept: ease.massKept,
  };
}

function judgingOn(questions: number, { srWeight, decay }: BlendWeights, { size }: Team): string {
  const of = size === 1 ? '' : ` of its own, and those of ${size - 1} other workers`;
  return `judging on ${questions} questions${of} (SR weight ${srWeight}, decay ${decay})`;
}

interface Chosen {
  readonly weights: BlendWeights;
  readonly seconds: number;
  /** Where the model has one, and there were questions enough to judge it by. */
  readonly ranker?: ChosenRanker;
  readonly rankerSeconds?: number;
}

async function choose(
  { train, queries, from }: Fold & { readonly from: number },
  set: TrainingSet,
  options: BacktestOptions,
  told: Told,
): Promise<Chosen | undefined> {
  const { sequences, items, owners } = set;
  const { now, onProgress = () => undefined } = options;
  const started = now();
  const questions = await sampleQuestions({ sequences, queries, owners }, choosingQueries, told.team, told.step);
  if (questions) onProgress(`choosing weights on ${questions.total} questions`);
  // All of them must know whether there is a fit to be made.
  const total = await totalOf(questions, told);
  if (total < leastQueries) return isFirst(told.team) ? { weights: defaultWeights, seconds: 0 } : undefined;
  const trial = await fitTogether(train, items, options, told);
  const data = options.inputs.ranker && (await gatherData(train, set, told));
  if (trial === undefined || questions === undefined) return undefined;
  const { inputs, k } = options;
  const { sequences: asked, queries: sampled } = questions;
  const validation = evaluationOf(trial, { sequences: asked, queries: sampled, k, inputs });
  const weights = chooseWeights(trial, validation);
  const seconds = (now() - started) / 1000;
  if (data === undefined) return { weights, seconds };
  const blend = blendModel(trial, weights);
  const stage = rankerStage(options, told.step);
  // What was trained later has seen the answers.
  const { active } = stage;
  const start = active && active.trainedAt <= from ? active.ranker : undefined;
  const ranker = await chooseRanker(data, { blend, validation, start }, stage);
  return { weights, seconds, ranker, rankerSeconds: (now() - started) / 1000 - seconds };
}

async function totalOf(questions: Questions | undefined, { team, step }: Told): Promise<number> {
  const heard = await team.hearFirst(`${step}.total`, () => Buffer.from(String(questions!.total)));
  return heard === undefined ? questions!.total : Number(Buffer.from(heard).toString());
}

async function splitBy(
  { sequences }: TrainingSet,
  { protocol, fraction }: BacktestOptions,
  told: Told,
): Promise<Split & Partial<CutTimes>> {
  if (protocol === 'leave-one-out') return leaveOneOut(sequences);
  const cuts = await cutTimes(sequences.times, fraction, told.team, `${told.step}.times`);
  return { ...timeSplit(sequences, cuts), ...cuts };
}
