import { describe, expect, it } from 'vitest';
import { balanceRows, weightsFor } from './balance-rows.ts';
import { calibrate, fitIsotonic, fitPlatt } from './calibration.ts';
import type { Matrix } from './encoding.ts';
import reference from './fixtures/reference.json' with { type: 'json' };
import { fitLogistic, sigmoid } from './logistic.ts';
import { brierScore, expectedCalibrationError, logLoss, rankingQuality } from './quality.ts';

const matrix: Matrix = { rows: 200, columns: 4, values: Float64Array.from(reference.rows.flat()) };
const labels = Uint8Array.from(reference.labels);
const scores = Float64Array.from(reference.scores);
const plain = { matrix, labels, weights: new Float64Array(200).fill(1) };

function expectModel(found: ReturnType<typeof fitLogistic>, expected: typeof reference.l2, digits = 6): void {
  expect(found.intercept).toBeCloseTo(expected.intercept, digits);
  found.coefficients.forEach((value, at) => expect(value).toBeCloseTo(expected.coefficients[at]!, digits));
}

describe('logistic regression has the coefficients of scikit-learn', () => {
  it('with L2, weak and strong', () => {
    expectModel(fitLogistic(plain, { l1: 0, l2: 1 }), reference.l2);
    expectModel(fitLogistic(plain, { l1: 0, l2: 100 }), reference.l2Strong);
  });

  it('with balanced class weights', () => {
    const balanced = { matrix, labels, weights: weightsFor(labels, 'Weights') };
    expectModel(fitLogistic(balanced, { l1: 0, l2: 1 }), reference.balanced);
  });

  it('with L1, coefficients of exactly 0 among them', () => {
    const found = fitLogistic(plain, { l1: 10, l2: 0 });
    expectModel(found, reference.l1, 5);
    reference.l1.coefficients.forEach((value, at) => expect(found.coefficients[at] === 0).toBe(value === 0));
  });
});

describe('quality has the figures of scikit-learn', () => {
  it('where scores are equal, too', () => {
    const { rocAuc, averagePrecision } = rankingQuality(scores, labels);
    expect(rocAuc).toBeCloseTo(reference.rocAuc, 12);
    expect(averagePrecision).toBeCloseTo(reference.averagePrecision, 12);
    const probabilities = scores.map(sigmoid);
    expect(logLoss(probabilities, labels)).toBeCloseTo(reference.logLoss, 12);
    expect(brierScore(probabilities, labels)).toBeCloseTo(reference.brier, 12);
  });

  it('and a calibration error by hand', () => {
    // Two bins: .1 and .2 came true in 0 of 2, .9 in 1 of 2.
    expect(expectedCalibrationError([0.1, 0.2, 0.9, 0.9], [0, 0, 1, 0], 2)).toBeCloseTo((0.3 + 0.8) / 4, 12);
  });
});

describe('calibration has the curves of scikit-learn', () => {
  it("by Platt's sigmoid", () => {
    expect(fitPlatt(scores, labels)).toEqual({
      kind: 'platt',
      slope: expect.closeTo(reference.platt.slope, 4),
      offset: expect.closeTo(reference.platt.offset, 4),
    });
  });

  it('by isotonic regression, between its points and beyond them', () => {
    const fitted = fitIsotonic(scores, labels);
    reference.asked.forEach((score, at) => expect(calibrate(fitted, score)).toBeCloseTo(reference.isotonic[at]!, 9));
  });
});

describe('balance touches the training rows alone', () => {
  it.each(['Over', 'Under', 'Smote'] as const)('%s makes the classes as many', (balance) => {
    const { labels: balanced, matrix: made, weights } = balanceRows(matrix, labels, balance, 1);
    const positives = balanced.reduce((sum, label) => sum + label, 0);
    expect(positives * 2).toBe(balanced.length);
    expect([made.rows, made.values.length, weights.length]).toEqual([
      balanced.length,
      4 * balanced.length,
      balanced.length,
    ]);
  });

  it('Weights leaves the rows as they are', () => {
    expect(balanceRows(matrix, labels, 'Weights', 1).matrix).toBe(matrix);
  });
});
