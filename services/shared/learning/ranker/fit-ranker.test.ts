import { beforeAll, describe, expect, it } from 'vitest';
import { openWasmBackend } from '../../adapters/tensor/wasm.ts';
import { checkCausality } from '../../../../test/contracts/tensor/causality.ts';
import { evaluate, type EvaluationInput } from '../evaluate.ts';
import { ItemIndex } from '../item-index.ts';
import { unpack } from '../packed.ts';
import { Popularity } from '../popularity.ts';
import { countTargets, type Sequences } from '../sequences.ts';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import type { Batch, TensorBackend } from '../tensor/tensor-backend.ts';
import { createBatches } from './batches.ts';
import { encodeCheckpoint, decodeCheckpoint } from './checkpoint.ts';
import { fitRanker, shapeOf, type RankerData } from './fit-ranker.ts';
import { initialWeights } from './initial.ts';
import { rankerProgram } from './program.ts';
import type { Ranker } from './ranker.ts';
import { defaultSettings, type RankerSettings } from './settings.ts';

const items = 24;
const profiles = 80;
const hour = 3_600_000;

/** Everybody walks through the catalogue, from wherever they begin: after an item comes the next one. */
function walks(seed: number): Sequences {
  const random = seededUniform(seed);
  const lengths = Array.from({ length: profiles }, () => 4 + Math.floor(random() * 5));
  const starts = Uint32Array.of(0, ...lengths.map((_, at) => lengths.slice(0, at + 1).reduce((a, b) => a + b, 0)));
  const walked = lengths.flatMap((length) => {
    const first = Math.floor(random() * items);
    return Array.from({ length }, (_, at) => (first + at) % items);
  });
  const times = Float64Array.from(lengths.flatMap((length) => Array.from({ length }, (_, at) => at * hour)));
  const labels = Uint8Array.from(walked, (item) => (item % 4 === 0 ? 1 : 0));
  const targets = new Uint8Array(walked.length).fill(1);
  return { starts, items: Uint32Array.from(walked), times, targets, labels };
}

const train = walks(1);
const ids = Array.from({ length: items }, (_, item) => `i${item}`);
const attributes = ids.map((_, item) => ({ category: `c${item % 3}` }));
const data: RankerData = { train, items: new ItemIndex(ids), attributes };
const settings: RankerSettings = {
  ...defaultSettings,
  dimension: 16,
  length: 6,
  negatives: 8,
  learningRate: 0.01,
  epochs: 2,
};
const allHeads = {
  weight: 0.3,
  propensity: [{ name: 'fourth', events: new Set(['purchase']), within: 2 * hour }],
  nextCategory: true,
  timeToNext: true,
};

/** What comes after each history of other walks, which is as many steps of them as there are but one. */
function validation(): EvaluationInput {
  const sequences = walks(2);
  const start = sequences.starts.slice(0, -1);
  const end = sequences.starts.slice(1);
  const queries = { start, at: end.map((last) => last - 1), end };
  const fallback = new Popularity(data.items, countTargets(train, items));
  return { sequences, queries, items, k: 5, length: 6, fallback };
}

describe('a ranker', () => {
  let backend: TensorBackend;
  beforeAll(async () => void (backend = await openWasmBackend()));

  it('scores as its program does', async () => {
    const own = { ...settings, dropout: 0, l2: 0, heads: allHeads, length: 6 };
    const shape = shapeOf(data, own);
    const { ranker } = await fitRanker(data, { settings: own, seed: 3, backend });
    const options = { shape, settings: { ...own, heads: { ...allHeads, weight: 0 } }, batch: 1, length: 6, answers: 1 };
    const program = rankerProgram({ ...options, negatives: 1 });
    const adam = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const session = await backend.start(program, adam, ranker.weights);
    const blank = Object.fromEntries(
      Object.entries(program.inputs).map(([name, { shape: sizes, dtype }]) => {
        const size = sizes.reduce((product, width) => product * width, 1);
        return [name, dtype === 'int32' ? new Int32Array(size) : new Float32Array(size)];
      }),
    );
    const future = createBatches(data, { settings: own, shape, seed: 3 }).batchOf(0, 0)['future']!;
    const scores = new Float64Array(items);
    for (const history of [[5], [0, 1, 2], [20, 3, 9, 11, 12, 13]]) {
      ranker.scoreSteps(Uint32Array.from(history), scores);
      const batch: Batch = { ...blank, future, history: Int32Array.from({ length: 6 }, (_, at) => history[at] ?? 0) };
      const places = Int32Array.of(history.length - 1);
      for (let item = 1; item < items; item++) {
        const asked = {
          places,
          weights: Float32Array.of(1),
          negatives: Int32Array.of(item),
          targets: Int32Array.of(0),
        };
        const loss = await session.evaluate({ ...batch, ...asked });
        expect(loss).toBeCloseTo(Math.log1p(Math.exp(scores[item]! - scores[0]!)), 5);
      }
    }
    session.close();
  });

  it('answers after each step by what came up to it, in its program as in plain arithmetic', () =>
    checkCausality(backend));

  it('learns what comes next, where popularity cannot', async () => {
    const input = validation();
    const long = { ...settings, epochs: 14, patience: 14 };
    const { ranker, curve, epochs } = await fitRanker(data, { settings: long, seed: 3, backend, validation: input });
    expect(evaluate(input.fallback as Popularity, input).ndcg).toBeLessThan(0.35);
    expect(evaluate(ranker, input).ndcg).toBeGreaterThan(0.9);
    expect(curve[epochs - 1]!.ndcg).toBe(Math.max(...curve.map(({ ndcg }) => ndcg!)));
    expect(evaluate(ranker, input).ndcg).toBe(curve[epochs - 1]!.ndcg);
    expect(curve.at(-1)!.loss).toBeLessThan(curve[0]!.loss / 2);
  });

  it('stops where it gets no better', async () => {
    const still = { ...settings, learningRate: 0, epochs: 9, patience: 2 };
    const { curve, epochs } = await fitRanker(data, { settings: still, seed: 3, backend, validation: validation() });
    expect([curve.length, epochs]).toEqual([3, 1]);
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    const fit = async (seed: number) => (await fitRanker(data, { settings, seed, backend })).ranker.weights;
    const [one, again, other] = [await fit(3), await fit(3), await fit(4)];
    expect(again).toEqual(one);
    expect(other.get('query')).not.toEqual(one.get('query'));
  });

  it.each([
    ['plain', {}],
    ['adversarial, with all heads and both penalties', { adversarial: 0.5, l1: 1e-6, heads: allHeads }],
  ])('goes on to the same end after an interruption: %s', async (_, changes) => {
    const own = { ...settings, ...changes };
    const whole = await fitRanker(data, { settings: own, seed: 3, backend, validation: validation() });
    const kept = new Map<string, Uint8Array>();
    const checkpoints = {
      get: async (name: string) => kept.get(name),
      replace: async (name: string, bytes: Uint8Array) => void kept.set(name, bytes),
    };
    let ended = 0;
    for (;;) {
      // Each try makes three batches.
      let asked = 0;
      const isEnding = () => Promise.resolve(++asked >= 3);
      const keep = { checkpoints, name: 'fit', isEnding };
      try {
        const fit = await fitRanker(data, { settings: own, seed: 3, backend, validation: validation(), keep });
        expect(fit.ranker.weights).toEqual(whole.ranker.weights);
        expect(fit.curve).toEqual(whole.curve);
        break;
      } catch (error) {
        expect(error).toMatchObject({ code: 'Interrupted', retryable: true });
        ended++;
      }
    }
    expect(ended).toBeGreaterThan(2);
    const bytes = kept.get('fit')!;
    const { of } = unpack<{ of: string }>(bytes).header;
    expect(encodeCheckpoint(decodeCheckpoint(bytes, of)!)).toEqual(bytes);
    expect(decodeCheckpoint(bytes, 'another')).toBeUndefined();
  });

  it('takes over what a trained one knows, items by their ids', async () => {
    const { ranker: start } = await fitRanker(data, { settings, seed: 3, backend });
    const [first, last] = [ids[0]!, ids.at(-1)!];
    const renamed = { ...data, items: new ItemIndex([last, ...ids.slice(1, -1), 'new']) };
    const none = { settings: { ...settings, epochs: 0 }, seed: 3, backend };
    const { ranker } = await fitRanker(renamed, { ...none, start });
    const row = (of: Ranker, id: string) =>
      of.weights
        .get('items')!
        .subarray(16 * of.items.indexOf(id))
        .slice(0, 16);
    expect(row(ranker, last)).toEqual(row(start, last));
    const cold = initialWeights(renamed, ranker.shape, 3).get('items')!;
    expect(row(ranker, 'new')).toEqual(cold.slice(-16));
    expect(ranker.weights.get('query')).toEqual(start.weights.get('query'));
    expect(start.items.indexOf(first)).toBe(0);
  });

  it('foresees labels, categories and times by the further heads', async () => {
    const long = { ...settings, epochs: 14, heads: { ...allHeads, weight: 1 } };
    const { ranker } = await fitRanker(data, { settings: long, seed: 3, backend });
    // After 1 comes 2, in category 2, and no label within two hours; after 2 come 3 and 4, which has it, unless a walk ends.
    const [one, two] = [ranker.foresee(Uint32Array.of(0, 1))!, ranker.foresee(Uint32Array.of(0, 1, 2))!];
    expect(one.category!.name).toBe('c2');
    expect(one.category!.probability).toBeGreaterThan(0.7);
    expect(one.propensity[0]).toBeLessThan(0.2);
    expect(two.propensity[0]).toBeGreaterThan(0.7);
    expect(two.timeToNext! / hour).toBeGreaterThan(0.6);
    expect(two.timeToNext! / hour).toBeLessThan(1.6);
    expect(ranker.foresee(Int32Array.of(-1))).toBeUndefined();
  });

  it('ends where the loss is no number', async () => {
    const wild = { ...settings, learningRate: Infinity };
    await expect(fitRanker(data, { settings: wild, seed: 3, backend })).rejects.toMatchObject({
      code: 'ModelInvalid',
      message: expect.stringContaining('learningRate'),
    });
  });
});
