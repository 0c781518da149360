/** What a ranker says after a step must not change with what comes later: of its program on a backend, and of plain arithmetic. */
import { expect } from 'vitest';
import { ItemIndex } from '../../../services/shared/learning/item-index.ts';
import { createBatches } from '../../../services/shared/learning/ranker/batches.ts';
import { rankerProgram } from '../../../services/shared/learning/ranker/program.ts';
import { Ranker } from '../../../services/shared/learning/ranker/ranker.ts';
import { defaultSettings } from '../../../services/shared/learning/ranker/settings.ts';
import { sizeOf, variableShapes, type RankerShape } from '../../../services/shared/learning/ranker/shape.ts';
import { seededUniform } from '../../../services/shared/learning/statistics/mersenne-twister.ts';
import type { Batch, TensorBackend } from '../../../services/shared/learning/tensor/tensor-backend.ts';

const items = 9;
const length = 5;
const ids = new ItemIndex(Array.from({ length: items }, (_, item) => `i${item}`));
const settings = { ...defaultSettings, dimension: 8, length, negatives: 1, dropout: 0, l2: 0 };
const shape: RankerShape = { items, dimension: 8, length, labels: [], categories: [], timeToNext: false };
const random = seededUniform(5);
const weights = new Map(
  Object.entries(variableShapes(shape)).map(([name, sizes]) => [
    name,
    Float32Array.from({ length: sizeOf(sizes) }, () => random() - 0.5),
  ]),
);
const history = [3, 1, 4, 2, 8];
const [target, other] = [6, 7];

/** The mask as trainings have it. */
function future(): Float32Array {
  const train = {
    starts: Uint32Array.of(0, length),
    items: Uint32Array.from(history),
    times: Float64Array.from(history.keys()),
    targets: new Uint8Array(length).fill(1),
  };
  const batches = createBatches({ train, items: ids, attributes: [] }, { settings, shape, seed: 1 });
  return batches.batchOf(0, 0)['future'] as Float32Array;
}

export async function checkCausality(backend: TensorBackend): Promise<void> {
  const program = rankerProgram({ shape, settings, batch: 1, length, answers: 1, negatives: 1 });
  const adam = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const session = await backend.start(program, adam, weights);
  const rest: Batch = {
    future: future(),
    targets: Int32Array.of(target),
    negatives: Int32Array.of(other),
    weights: Float32Array.of(1),
    hits: new Float32Array(1),
    targetOffsets: new Float32Array(1),
    negativeOffsets: new Float32Array(1),
  };
  const lossAfter = (place: number, steps: readonly number[]): Promise<number> =>
    session.evaluate({ ...rest, history: Int32Array.from(steps), places: Int32Array.of(place) });
  const ranker = new Ranker(ids, shape, weights);
  for (const place of history.keys()) {
    const before = await lossAfter(place, history);
    for (const changed of history.keys()) {
      const after = await lossAfter(place, history.with(changed, 0));
      if (changed > place) expect([place, changed, after]).toEqual([place, changed, before]);
      else expect([place, changed, Math.abs(after - before) > 1e-4]).toEqual([place, changed, true]);
    }
    expect(before).toBeCloseTo(plainLoss(ranker, history.slice(0, place + 1)), 5);
  }
  session.close();
}

/** By the steps up to the place alone, and again after it has read a longer history. */
function plainLoss(ranker: Ranker, steps: readonly number[]): number {
  const scores = new Float64Array(items);
  ranker.scoreSteps(Uint32Array.from(steps), scores);
  const loss = Math.log1p(Math.exp(scores[other]! - scores[target]!));
  ranker.scoreSteps(Uint32Array.from([...steps, 0, 5].slice(0, length)), scores);
  ranker.scoreSteps(Uint32Array.from(steps), scores);
  expect(Math.log1p(Math.exp(scores[other]! - scores[target]!))).toBe(loss);
  return loss;
}
