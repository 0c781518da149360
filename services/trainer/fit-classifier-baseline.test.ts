import { expect, it } from 'vitest';
import type { Classifier } from '../shared/learning/classify/classifier.ts';
import { columnCount, fitEncoders } from '../shared/learning/classify/encoding.ts';
import { baselineFile, decodeBaseline } from '../shared/learning/drift/baseline.ts';
import { nextUpTo, startTwister } from '../shared/learning/statistics/mersenne-twister.ts';
import { fitClassifierBaseline } from './fit-classifier-baseline.ts';

const random = startTwister(1);
const rows = Array.from({ length: 20_000 }, (_, at) => ({
  time: 1000 * at,
  label: at % 3 === 0,
  values: {
    steady: nextUpTo(random, 50),
    growing: at + nextUpTo(random, 50),
    kind: `k${nextUpTo(random, 3)}`,
    rare: at % 50 === 0 ? 1 : null,
  },
}));
const encoders = fitEncoders(
  [
    { name: 'steady', kind: 'number' },
    { name: 'growing', kind: 'number' },
    { name: 'kind', kind: 'category' },
    { name: 'rare', kind: 'number' },
  ],
  rows,
);
const columns = encoders.reduce((sum, encoder) => sum + columnCount(encoder), 0);
const classifier: Classifier = {
  encoders,
  model: { kind: 'linear', linear: { intercept: 0, coefficients: new Float64Array(columns).fill(0.1) } },
  calibration: { kind: 'platt', slope: -1, offset: 0 },
};
const bytes = (of = rows) => fitClassifierBaseline(of, { classifier, twin: { classifier, before: 18_000_000 } });

it('has the newest fifth of each feature that stands still, and the answers at the hold-out', () => {
  const { inputs, hitRate } = decodeBaseline(new Map([[baselineFile, bytes()]]))!;
  expect(Object.keys(inputs).toSorted()).toEqual(['prediction.probability', 'profile.kind', 'profile.steady']);
  const sizes = Object.entries(inputs).map(([name, { counts }]) => [name, counts.reduce((sum, count) => sum + count)]);
  expect(Object.fromEntries(sizes)).toEqual({
    'prediction.probability': 2000,
    'profile.kind': 4000,
    'profile.steady': 4000,
  });
  expect(hitRate).toBeUndefined();
});

it('is of the same rows the same bytes, and of few rows of the answers alone', () => {
  expect(bytes([...rows])).toEqual(bytes());
  expect(decodeBaseline(new Map([[baselineFile, bytes(rows.slice(0, 300))]]))).toEqual({ inputs: {} });
});
