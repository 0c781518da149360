/** Fits a ranker: see `fitRanker`. */
import type { ItemAttributes } from '../../event.ts';
import type { EvaluationInput } from '../evaluate.ts';
import type { ItemIndex } from '../item-index.ts';
import type { Sequences } from '../sequences.ts';
import type { TensorBackend } from '../tensor/tensor-backend.ts';
import type { Ranker } from './ranker.ts';
import type { RankerSettings } from './settings.ts';

/** What a ranker learns from; part of a TrainingSet. */
export interface RankerData {
  readonly train: Sequences;
  readonly items: ItemIndex;
  readonly attributes: readonly (ItemAttributes | undefined)[];
}

export interface FitRankerOptions {
  readonly settings: RankerSettings;
  readonly seed: number;
  readonly backend: TensorBackend;
  /** With it the fit stops early, and gives the weights of the best epoch. */
  readonly validation?: EvaluationInput;
  /** Where the weights begin: what both know is taken over, items by their ids. */
  readonly start?: Ranker;
}

export interface RankerFit {
  readonly ranker: Ranker;
  /** After how many epochs the weights are the ranker's. */
  readonly epochs: number;
  /** One entry an epoch. */
  readonly curve: readonly { readonly loss: number; readonly ndcg: number | undefined }[];
}

export type FitRanker = (data: RankerData, options: FitRankerOptions) => Promise<RankerFit>;
