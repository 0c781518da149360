/** Fits all models to sequences, and chooses the blend's weights on a validation fold. */
import { Blend, type Part } from './blend.ts';
import type { Ease, Inverter } from './ease.ts';
import { evaluate, tally, type Evaluation, type EvaluationInput, type Tally } from './evaluate.ts';
import { addUpPairs, countItems, fitEaseTogether, type Told } from './fit-together.ts';
import type { ItemIndex } from './item-index.ts';
import type { ItemMatrix } from './item-matrix.ts';
import type { ModelInputs } from './model-inputs.ts';
import { PairCounts } from './pair-counts.ts';
import { Popularity } from './popularity.ts';
import { RankerBlend } from './ranker/ranker-blend.ts';
import type { Ranker } from './ranker/ranker.ts';
import type { RankerDeps } from './ranker/stage.ts';
import type { ModelKind } from './recommender.ts';
import type { Sequences } from './sequences.ts';
import { fitSequentialRules } from './sequential-rules.ts';
import type { Queries } from './split.ts';
import { alone, isFirst } from './team.ts';

export interface FitOptions {
  readonly inputs: ModelInputs;
  readonly inverter: Inverter;
  /** A clock of milliseconds, for durations only. */
  readonly now: () => number;
  /** Needed where the model has a ranker. */
  readonly ranker?: RankerDeps | undefined;
}

export interface Fitted {
  readonly items: ItemIndex;
  readonly popularity: Popularity;
  readonly sr: ItemMatrix;
  readonly ease: Ease;
  readonly seconds: { readonly popularity: number; readonly sr: number; readonly ease: number };
}

/** Entries of each matrix row that are kept. Online Retail's NDCG@10 is .0732 with them, .0726 with all 3,900 (EASE). */
export const entriesKept = 512;

/** Fits to what this worker alone has. */
export async function fitAll(train: Sequences, items: ItemIndex, options: FitOptions): Promise<Fitted> {
  return (await fitTogether(train, items, options, { team: alone, step: '' }))!;
}

/** Fits to what all workers have; undefined where another one is the first, which has the result. */
export async function fitTogether(
  train: Sequences,
  items: ItemIndex,
  options: FitOptions,
  told: Told,
): Promise<Fitted | undefined> {
  const { inputs, now, inverter } = options;
  const marks = [now()];
  const mark = (): number => marks.push(now());
  const counts = await countItems(train, items.size, told.team, told.step);
  mark();
  const pairs = new PairCounts(items.size);
  await addUpPairs(train, pairs, inputs.window, told);
  const sr = isFirst(told.team) ? fitSequentialRules(pairs, { keep: entriesKept }) : undefined;
  mark();
  const { regularization, maxItems } = inputs;
  const ease = await fitEaseTogether(train, counts, { regularization, maxItems, inverter, keep: entriesKept }, told);
  mark();
  if (sr === undefined || ease === undefined) return undefined;
  const secondsOf = (phase: number): number => (marks[phase + 1]! - marks[phase]!) / 1000;
  const seconds = { popularity: secondsOf(0), sr: secondsOf(1), ease: secondsOf(2) };
  return { items, popularity: new Popularity(items, counts.targets), sr, ease, seconds };
}

export interface BlendWeights {
  /** EASE weighs 1, SR so much. */
  readonly srWeight: number;
  readonly decay: number;
}

export const defaultWeights: BlendWeights = { srWeight: 0.1, decay: 0.8 };

function srModel({ items, sr }: Fitted, decay: number): Blend {
  return new Blend(items, [{ name: 'sr', matrix: sr, weight: 1, decay }]);
}

function easeModel({ items, ease }: Fitted, decay: number): Blend {
  return new Blend(items, [{ name: 'ease', matrix: ease.matrix, weight: 1, decay }]);
}

export function blendModel({ items, sr, ease }: Fitted, { srWeight, decay }: BlendWeights): Blend {
  const parts: Part[] = [
    { name: 'ease', matrix: ease.matrix, weight: 1, decay },
    { name: 'sr', matrix: sr, weight: srWeight, decay },
  ];
  return new Blend(items, parts);
}

const decays = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
const srWeights = [0.01, 0.03, 0.1, 0.3, 1, 3];
/** So many questions settle the weights to well below what separates neighbouring ones. */
export const choosingQueries = 1500;
/** Fewer questions than this choose by chance, and the defaults are kept. */
export const leastQueries = 30;

/** The weights with the best NDCG on the validation fold: by decay, by weight, and by decay again. */
export function chooseWeights(fitted: Fitted, input: EvaluationInput): BlendWeights {
  const tried = new Map<string, number>();
  const quality = (weights: BlendWeights): number => {
    const key = `${weights.srWeight} ${weights.decay}`;
    const known = tried.get(key) ?? evaluate(blendModel(fitted, weights), input).ndcg;
    tried.set(key, known);
    return known;
  };
  const best = (candidates: readonly BlendWeights[]): BlendWeights =>
    candidates.reduce((held, candidate) => (quality(candidate) > quality(held) ? candidate : held));
  const byDecay = ({ srWeight }: BlendWeights): BlendWeights[] => decays.map((decay) => ({ srWeight, decay }));
  const byWeight = ({ decay }: BlendWeights): BlendWeights[] => srWeights.map((srWeight) => ({ srWeight, decay }));
  const first = best([defaultWeights, ...byDecay(defaultWeights)]);
  const second = best([first, ...byWeight(first)]);
  return best([second, ...byDecay(second)]);
}

export interface Assessed extends Evaluation {
  readonly kind: ModelKind;
}

export interface AssessInput {
  readonly sequences: Sequences;
  readonly queries: Queries;
  readonly k: number;
  readonly inputs: ModelInputs;
}

/** What `evaluate` needs beside the model. */
export function evaluationOf(fitted: Fitted, { sequences, queries, k, inputs }: AssessInput): EvaluationInput {
  const { items, popularity } = fitted;
  return { sequences, queries, items: items.size, k, length: inputs.length, fallback: popularity };
}

/** Sums over this worker's questions. */
export interface Tallied extends Tally {
  readonly kind: ModelKind;
}

/** A ranker of the same fold, and what it weighs beside the blend. */
export interface Beside {
  readonly ranker: Ranker;
  readonly weight: number;
}

export function tallyAll(fitted: Fitted, weights: BlendWeights, input: AssessInput, beside?: Beside): Tallied[] {
  const evaluation = evaluationOf(fitted, input);
  const { decay } = input.inputs;
  const blend = blendModel(fitted, weights);
  const neural = beside ? [beside.ranker, new RankerBlend(blend, beside.ranker, beside.weight)] : [];
  const models = [fitted.popularity, srModel(fitted, decay), easeModel(fitted, decay), blend, ...neural];
  return models.map((model) => ({ kind: model.kind, ...tally(model, evaluation) }));
}
