/** A neural network of 64 and 32 units for a class: trained by a tensor backend, asked in plain float64. */
import type { Adam, Batch, TensorBackend, TensorProgram } from '../tensor/tensor-backend.ts';
import { normalSource, startTwister, nextUniform, type TwisterState } from '../statistics/mersenne-twister.ts';
import type { Matrix } from './encoding.ts';
import { sigmoid, type Labelled } from './logistic.ts';
import { logLoss } from './quality.ts';

/** Weights by rows of their inputs, as float32 has made them. */
export interface Mlp {
  readonly layers: readonly { readonly weights: ArrayLike<number>; readonly biases: ArrayLike<number> }[];
}

export interface MlpSettings {
  readonly units: readonly [number, number];
  readonly batch: number;
  readonly learningRate: number;
  readonly dropout: number;
  /** Factor of Σweight²/2 in the mean loss. */
  readonly l2: number;
  readonly mostEpochs: number;
  /** Epochs without a lower loss on the validation rows until it ends. */
  readonly patience: number;
  readonly seed: number;
}

export const defaultMlp: MlpSettings = {
  units: [64, 32],
  batch: 256,
  learningRate: 1e-3,
  dropout: 0.2,
  l2: 1e-4,
  mostEpochs: 60,
  patience: 6,
  seed: 1,
};

const adam: Omit<Adam, 'learningRate'> = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** The weights of the epoch that is best on the validation rows. */
export async function fitMlp(
  backend: TensorBackend,
  { train, validation }: { readonly train: Labelled; readonly validation: Labelled },
  settings: MlpSettings,
): Promise<Mlp> {
  const sizes = [train.matrix.columns, ...settings.units, 1];
  const random = startTwister(settings.seed);
  const initial = initialWeights(sizes, random);
  const { learningRate } = settings;
  const session = await backend.start(programOf(sizes, settings), { ...adam, learningRate }, initial);
  let best = { loss: Infinity, epoch: 0, mlp: mlpOf(initial, sizes) };
  try {
    for (let epoch = 1; epoch <= settings.mostEpochs && epoch - best.epoch <= settings.patience; epoch++) {
      for (const batch of batchesOf(train, settings, random)) await session.step(batch);
      const mlp = mlpOf((await session.pull()).variables, sizes);
      const { labels, weights, matrix } = validation;
      const loss = logLoss(mlpLogits(mlp, matrix).map(sigmoid), labels, weights);
      if (loss < best.loss) best = { loss, epoch, mlp };
    }
  } finally {
    session.close();
  }
  return best.mlp;
}

/** ReLU between the layers. */
export function mlpLogits({ layers }: Mlp, { rows, columns, values }: Matrix): Float64Array {
  const logits = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let input: Float64Array = values.subarray(row * columns, (row + 1) * columns);
    layers.forEach(({ weights, biases }, layer) => {
      const output = Float64Array.from(biases);
      input.forEach((value, from) => {
        if (value !== 0)
          for (let to = 0; to < output.length; to++) output[to]! += value * weights[from * output.length + to]!;
      });
      input = layer === layers.length - 1 ? output : output.map((value) => Math.max(0, value));
    });
    logits[row] = input[0]!;
  }
  return logits;
}

function programOf(sizes: readonly number[], { batch, l2 }: MlpSettings): TensorProgram {
  const [columns, first, second] = sizes as [number, number, number, number];
  return {
    variables: {
      w0: [columns, first],
      b0: [first],
      w1: [first, second],
      b1: [second],
      w2: [second, 1],
      b2: [1],
    },
    inputs: {
      x: { shape: [batch, columns], dtype: 'float32' },
      labels: { shape: [batch, 1], dtype: 'float32' },
      // A row of a batch that is not full weighs nothing.
      shares: { shape: [batch, 1], dtype: 'float32' },
      mask0: { shape: [batch, first], dtype: 'float32' },
      mask1: { shape: [batch, second], dtype: 'float32' },
    },
    loss(tf, v, { x, labels, shares, mask0, mask1 }) {
      const hidden0 = tf.mul(tf.relu(tf.add(tf.matMul(x!, v['w0']!), v['b0']!)), mask0!);
      const hidden1 = tf.mul(tf.relu(tf.add(tf.matMul(hidden0, v['w1']!), v['b1']!)), mask1!);
      const logits = tf.add(tf.matMul(hidden1, v['w2']!), v['b2']!);
      const loss = tf.sub(tf.softplus(logits), tf.mul(labels!, logits));
      const penalty = ['w0', 'w1', 'w2'].map((name) => tf.sum(tf.square(v[name]!)));
      return tf.add(tf.sum(tf.mul(loss, shares!)), tf.mul(l2 / 2, tf.addN(penalty)));
    },
  };
}

/** He and others 2015: normal with variance 2/inputs; biases 0. */
function initialWeights(sizes: readonly number[], random: TwisterState): Map<string, Float32Array> {
  const normal = normalSource(random);
  const variables = new Map<string, Float32Array>();
  sizes.slice(1).forEach((size, layer) => {
    const inputs = sizes[layer]!;
    const spread = Math.sqrt(2 / inputs);
    variables.set(
      `w${layer}`,
      Float32Array.from({ length: inputs * size }, () => spread * normal()),
    );
    variables.set(`b${layer}`, new Float32Array(size));
  });
  return variables;
}

function mlpOf(variables: ReadonlyMap<string, Float32Array>, sizes: readonly number[]): Mlp {
  const layers = sizes.slice(1).map((_, layer) => ({
    weights: variables.get(`w${layer}`)!.slice(),
    biases: variables.get(`b${layer}`)!.slice(),
  }));
  return { layers };
}

function* batchesOf(
  { matrix, labels, weights }: Labelled,
  settings: MlpSettings,
  random: TwisterState,
): Generator<Batch> {
  const { batch, units, dropout } = settings;
  const order = Uint32Array.from(labels, (_, row) => row);
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(nextUniform(random) * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  const mask = (size: number): Float32Array =>
    Float32Array.from({ length: batch * size }, () => (nextUniform(random) < dropout ? 0 : 1 / (1 - dropout)));
  for (let start = 0; start < order.length; start += batch) {
    const rows = order.subarray(start, start + batch);
    const x = new Float32Array(batch * matrix.columns);
    const [ofLabels, shares] = [new Float32Array(batch), new Float32Array(batch)];
    rows.forEach((row, at) => {
      x.set(matrix.values.subarray(row * matrix.columns, (row + 1) * matrix.columns), at * matrix.columns);
      ofLabels[at] = labels[row]!;
      shares[at] = weights[row]! / batch;
    });
    yield { x, labels: ofLabels, shares, mask0: mask(units[0]), mask1: mask(units[1]) };
  }
}
