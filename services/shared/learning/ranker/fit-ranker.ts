/** Fits a ranker: seeded batches, early stopping on the validation fold, checkpoints from which it goes on the same. */
import type { ItemAttributes } from '../../event.ts';
import { LikenessError } from '../../errors.ts';
import { evaluate, type EvaluationInput } from '../evaluate.ts';
import type { ItemIndex } from '../item-index.ts';
import type { Sequences } from '../sequences.ts';
import type { TensorBackend, TrainingSession } from '../tensor/tensor-backend.ts';
import { createBatches, type Batches } from './batches.ts';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  type Checkpoint,
  type Checkpoints,
  type EpochResult,
  type Position,
} from './checkpoint.ts';
import { categoriesOf } from './head-labels.ts';
import { initialWeights, warmed } from './initial.ts';
import { rankerProgram } from './program.ts';
import { Ranker } from './ranker.ts';
import type { RankerSettings } from './settings.ts';
import type { RankerShape, RankerWeights } from './shape.ts';

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
  readonly validation?: EvaluationInput | undefined;
  /** Where the weights begin: what both know is taken over, items by their ids. */
  readonly start?: Ranker | undefined;
  /** Where it keeps how far it is, under a name of its own; absent: nowhere. */
  readonly keep?: Keeping | undefined;
  readonly onEpoch?: ((epoch: number, result: EpochResult) => void) | undefined;
}

interface Keeping {
  readonly checkpoints: Checkpoints;
  readonly name: string;
  /** Asked after each batch: if so, the training keeps how far it is, and ends. */
  readonly isEnding: () => Promise<boolean>;
}

export interface RankerFit {
  readonly ranker: Ranker;
  /** After how many epochs the weights are the ranker's. */
  readonly epochs: number;
  /** One entry an epoch. */
  readonly curve: readonly EpochResult[];
}

export function shapeOf(data: RankerData, { dimension, length, heads }: RankerSettings): RankerShape {
  return {
    items: data.items.size,
    dimension,
    length,
    labels: heads.propensity.map(({ name }) => name),
    categories: heads.nextCategory ? categoriesOf(data.attributes) : [],
    timeToNext: heads.timeToNext,
  };
}

/** Rejects with a retryable `Interrupted` once `keep.isEnding` says so, and as the backend and the checkpoints do. */
export async function fitRanker(data: RankerData, options: FitRankerOptions): Promise<RankerFit> {
  const { settings, seed, backend, start, keep } = options;
  const shape = shapeOf(data, settings);
  const batches = createBatches(data, { settings, shape, seed });
  const { size, length, answers, negatives } = batches;
  const program = rankerProgram({ shape, settings, batch: size, length, answers, negatives });
  const cold = initialWeights(data, shape, seed);
  const initial = start === undefined ? cold : warmed(cold, data, shape, start);
  const session = await backend.start(program, adamOf(settings), initial);
  try {
    const of = identityOf(data, options);
    const kept = await keep?.checkpoints.get(keep.name);
    const training = new Training({ data, shape, batches, session, options, of }, kept && decodeCheckpoint(kept, of));
    return await training.run(initial);
  } finally {
    session.close();
  }
}

const adamOf = ({ learningRate }: RankerSettings) => ({ learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });

interface Parts {
  readonly data: RankerData;
  readonly shape: RankerShape;
  readonly batches: Batches;
  readonly session: TrainingSession;
  readonly options: FitRankerOptions;
  readonly of: string;
}

class Training {
  readonly #parts: Parts;
  readonly #kept: Checkpoint | undefined;
  readonly #position: Position;
  #best: RankerWeights | undefined;

  constructor(parts: Parts, kept: Checkpoint | undefined) {
    this.#parts = parts;
    this.#kept = kept;
    this.#best = kept?.best;
    this.#position = kept?.position ?? { epoch: 0, batch: 0, lossSum: 0, curve: [], bestEpoch: 0 };
  }

  async run(initial: RankerWeights): Promise<RankerFit> {
    const { session } = this.#parts;
    if (this.#kept) await session.push(this.#kept.state);
    while (!this.#isOver()) {
      await this.#finishEpoch();
      await this.#keep();
    }
    const { curve, bestEpoch } = this.#position;
    const weights = this.#best ?? (curve.length > 0 ? (await session.pull()).variables : initial);
    return { ranker: this.#ranker(weights), epochs: this.#best ? bestEpoch : curve.length, curve };
  }

  #isOver(): boolean {
    const { settings, validation } = this.#parts.options;
    const { epoch, bestEpoch } = this.#position;
    return epoch >= settings.epochs || (validation !== undefined && epoch - bestEpoch >= settings.patience);
  }

  async #finishEpoch(): Promise<void> {
    const { batches, session, options } = this.#parts;
    const position = this.#position;
    const count = batches.countOf(position.epoch);
    while (position.batch < count) {
      position.lossSum += await session.step(batches.batchOf(position.epoch, position.batch));
      position.batch++;
      if (await options.keep?.isEnding()) await this.#interrupt();
    }
    const loss = position.lossSum / Math.max(1, count);
    if (!Number.isFinite(loss)) throw diverged(position.epoch, loss);
    await this.#judge(loss);
  }

  async #judge(loss: number): Promise<void> {
    const { session, options } = this.#parts;
    const position = this.#position;
    const weights = options.validation && (await session.pull()).variables;
    const ndcg = weights && evaluate(this.#ranker(weights), options.validation!).ndcg;
    position.epoch++;
    const isBest = ndcg !== undefined && !position.curve.some((earlier) => earlier.ndcg! >= ndcg);
    position.curve.push({ loss, ndcg });
    if (isBest) {
      this.#best = weights;
      position.bestEpoch = position.epoch;
    }
    position.batch = 0;
    position.lossSum = 0;
    options.onEpoch?.(position.epoch, { loss, ndcg });
  }

  async #interrupt(): Promise<never> {
    await this.#keep();
    const { epoch, batch } = this.#position;
    const message =
      `The training was told to end in epoch ${epoch + 1}, after ${batch} batches. How far it is has been kept: the run ` +
      'goes on from there when it is started again.';
    throw new LikenessError('Interrupted', message, { retryable: true });
  }

  async #keep(): Promise<void> {
    const { options, session, of } = this.#parts;
    if (options.keep === undefined) return;
    const { checkpoints, name } = options.keep;
    const state = await session.pull();
    await checkpoints.replace(name, encodeCheckpoint({ of, position: this.#position, state, best: this.#best }));
  }

  #ranker(weights: RankerWeights): Ranker {
    return new Ranker(this.#parts.data.items, this.#parts.shape, weights);
  }
}

/** Of all that decides how a training goes on; not of when it ends. */
function identityOf({ train, items }: RankerData, { settings, seed, start }: FitRankerOptions): string {
  const { epochs: _epochs, patience: _patience, trials: _trials, heads, ...own } = settings;
  const labels = heads.propensity.map(({ name, events, within }) => [name, [...events], within]);
  return JSON.stringify([own, { ...heads, propensity: labels }, seed, train.items.length, items.size, !!start]);
}

function diverged(epoch: number, loss: number): LikenessError {
  const message = `The ranker's loss is ${loss} in epoch ${epoch + 1}. Lower its learningRate, or its adversarial step, in the spec.`;
  return new LikenessError('ModelInvalid', message);
}
