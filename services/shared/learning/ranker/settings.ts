/** What a ranker is made of and how it is trained: the spec's `models[].recommend.ranker` in numbers. */

export interface PropensityLabel {
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

export const defaultSettings: RankerSettings = {
  dimension: 64,
  length: 50,
  negatives: 256,
  learningRate: 0.001,
  dropout: 0.2,
  l1: 0,
  l2: 0.000001,
  epochs: 30,
  patience: 3,
  adversarial: 0,
  heads: { weight: 0.2, propensity: [], nextCategory: false, timeToNext: false },
  trials: 0,
};

/** A batch holds so many windows of histories, fewer where there are few. */
export const batchSize = 256;
