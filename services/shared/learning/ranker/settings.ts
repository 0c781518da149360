/** What a ranker is made of and how it is trained: the spec's `models[].recommend.ranker` in numbers. */
import { rankerSpecSchema, type RankerSpec } from '../../../../crds/ranker.ts';
import { durationMs } from '../../../../crds/scalars.ts';

interface PropensityLabel {
  readonly name: string;
  /** Event types; one of them must follow. */
  readonly events: ReadonlySet<string>;
  /** So soon, milliseconds. */
  readonly within: number;
}

/** What is searched for, where a search is asked for. */
export interface Tuned {
  readonly learningRate: number;
  readonly dropout: number;
  readonly l2: number;
  readonly negatives: number;
}

export interface RankerSettings extends Tuned {
  /** Width of an item's embedding, and of every layer. */
  readonly dimension: number;
  /** Reads the newest so many steps of a history. */
  readonly length: number;
  readonly l1: number;
  /** Passes over the training examples, at most. */
  readonly epochs: number;
  /** Stops after so many epochs without a better NDCG on the validation fold. */
  readonly patience: number;
  /** Size of the adversarial step on the embeddings (FGM); 0: none. */
  readonly adversarial: number;
  readonly heads: HeadSettings;
  /** Settings that are tried in the search, the given ones among them; below 2: no search. */
  readonly trials: number;
}

export interface HeadSettings {
  /** What all further heads together weigh in the loss beside the next item's 1. */
  readonly weight: number;
  readonly propensity: readonly PropensityLabel[];
  readonly nextCategory: boolean;
  readonly timeToNext: boolean;
}

/** The spec's decimals and durations as numbers. */
export function rankerSettings(spec: RankerSpec): RankerSettings {
  const { dimension, length, negatives, epochs, patience } = spec;
  const { learningRate, dropout, l1, l2, heads, search, adversarial } = spec;
  return {
    dimension,
    length,
    negatives,
    epochs,
    patience,
    learningRate: Number(learningRate),
    dropout: Number(dropout),
    l1: Number(l1),
    l2: Number(l2),
    adversarial: Number(adversarial.epsilon),
    heads: {
      weight: Number(heads.weight),
      nextCategory: heads.nextCategory,
      timeToNext: heads.timeToNext,
      propensity: heads.propensity.map(({ name, events, within }) => ({
        name,
        events: new Set(events),
        within: durationMs(within),
      })),
    },
    trials: search.trials,
  };
}

/** What a spec that says no more than that it wants a ranker has. */
export const defaultSettings: RankerSettings = rankerSettings(rankerSpecSchema.parse({}));

/** A batch holds so many windows of histories, fewer where there are few. */
export const batchSize = 256;
