/**
 * A self-attention model of histories in plain arithmetic: one block, one head, positions from the oldest step on
 * (SASRec: Kang and McAuley, 2018). Only the newest step's answer is computed; the tensor library is for training alone.
 */
import type { ItemIndex } from '../item-index.ts';
import { topN, type HistoryEntry, type Recommender, type Scored } from '../recommender.ts';
import { createTrunk, type Trunk } from './trunk.ts';
import type { RankerShape, RankerWeights } from './shape.ts';

/** What the further heads say of a history. */
export interface Foreseen {
  /** Probability of each label, in the shape's order. */
  readonly propensity: readonly number[];
  /** The likeliest category of the next target event, undefined without that head. */
  readonly category: { readonly name: string; readonly probability: number } | undefined;
  /** Milliseconds to the next target event, undefined without that head. */
  readonly timeToNext: number | undefined;
}

export class Ranker implements Recommender {
  readonly kind = 'ranker';
  readonly items: ItemIndex;
  readonly shape: RankerShape;
  readonly weights: RankerWeights;
  readonly #trunk: Trunk;

  /** `weights` as `variableShapes(shape)` says; `shape.items` is `items.size`. */
  constructor(items: ItemIndex, shape: RankerShape, weights: RankerWeights) {
    this.items = items;
    this.shape = shape;
    this.weights = weights;
    this.#trunk = createTrunk(shape, weights);
  }

  score(history: readonly HistoryEntry[], out: Float64Array): boolean {
    const steps = new Int32Array(history.length);
    for (let at = 0; at < steps.length; at++) steps[at] = this.items.indexOf(history[at]!.itemId);
    return this.scoreSteps(steps, out);
  }

  /** As `score`, from catalogue indices; -1 is unknown, and passed over. Scores are logits of the next item. */
  scoreSteps(steps: Int32Array | Uint32Array, out: Float64Array): boolean {
    const state = this.#trunk.stateOf(steps);
    if (state === undefined) {
      out.fill(0);
      return false;
    }
    const { dimension } = this.shape;
    const [embeddings, bias] = [this.weights.get('items')!, this.weights.get('itemBias')!];
    for (let item = 0; item < bias.length; item++) out[item] = bias[item]! + dot(embeddings, item * dimension, state);
    return true;
  }

  /** undefined where nothing of the history is known. */
  foresee(steps: Int32Array | Uint32Array): Foreseen | undefined {
    const state = this.#trunk.stateOf(steps);
    if (state === undefined) return undefined;
    const { labels, timeToNext } = this.shape;
    const [dimension, width] = [this.shape.dimension, labels.length];
    const weights = (name: string): Float32Array => this.weights.get(name)!;
    const propensity = labels.map((_, label) => {
      let logit = weights('propensityBias')[label]!;
      for (let at = 0; at < dimension; at++) logit += state[at]! * weights('propensity')[at * width + label]!;
      return 1 / (1 + Math.exp(-logit));
    });
    const logSeconds = timeToNext ? weights('timeBias')[0]! + dot(weights('time'), 0, state) : undefined;
    const time = logSeconds === undefined ? undefined : 1000 * Math.max(0, Math.expm1(logSeconds));
    return { propensity, category: this.#likeliestCategory(state), timeToNext: time };
  }

  #likeliestCategory(state: Float64Array): Foreseen['category'] {
    const { categories, dimension } = this.shape;
    if (categories.length === 0) return undefined;
    const [rows, bias] = [this.weights.get('categories')!, this.weights.get('categoryBias')!];
    const logits = categories.map((_, at) => bias[at]! + dot(rows, at * dimension, state));
    const most = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    return { name: categories[logits.indexOf(most)]!, probability: 1 / total };
  }

  /** By the cosine of the embeddings. */
  similar(item: number, n: number): Scored[] {
    const { dimension } = this.shape;
    const embeddings = this.weights.get('items')!;
    const norm = (other: number): number =>
      Math.sqrt(dot(embeddings, other * dimension, rowOf(embeddings, other, dimension)));
    const asked = rowOf(embeddings, item, dimension);
    const own = norm(item);
    const scores = Float64Array.from({ length: this.items.size }, (_, other) => {
      const product = dot(embeddings, other * dimension, asked);
      return product > 0 ? product / (own * norm(other)) : 0;
    });
    return topN(scores, n, (other) => other === item || scores[other]! <= 0);
  }
}

const rowOf = (matrix: Float32Array, row: number, width: number): Float32Array =>
  matrix.subarray(row * width, (row + 1) * width);

/** Of the row of `matrix` that begins at `start` with all of `vector`. */
function dot(matrix: Float32Array, start: number, vector: Float32Array | Float64Array): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += matrix[start + at]! * vector[at]!;
  return sum;
}
