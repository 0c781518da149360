import { describe, expect, it } from 'vitest';
import { balancedWeights } from './class-weights.ts';
import reference from './fixtures/reference.json' with { type: 'json' };
import { overSample, underSample } from './resample.ts';
import { smote } from './smote.ts';

const { rows, labels } = reference;

describe('class balance', () => {
  it('weights are those of scikit-learn, and add up to the rows', () => {
    const weights = balancedWeights(labels);
    reference.weights.forEach((weight, label) => expect(weights.get(label)).toBeCloseTo(weight, 12));
    expect(labels.reduce((sum, label) => sum + weights.get(label)!, 0)).toBeCloseTo(labels.length, 9);
  });

  it('over- and under-sampling draw the rows of imbalanced-learn', () => {
    expect(Array.from(overSample(labels, 4))).toEqual(reference.over);
    expect(Array.from(underSample(labels, 4))).toEqual(reference.under);
  });

  it('SMOTE makes the rows of imbalanced-learn', () => {
    const made = smote(rows, labels, { seed: 4 });
    expect(made.labels).toEqual(reference.smoteLabels);
    made.rows.forEach((row, at) => {
      expect(Array.from(row)).toEqual(reference.smoteRows[at]!.map((value) => expect.closeTo(value, 12)));
    });
  });

  it('SMOTE says which class has too few rows, and makes nothing where nothing lacks', () => {
    expect(() => smote([[1], [2], [3]], [0, 0, 1], { seed: 1 })).toThrow(/class 1 has 1/);
    expect(smote([[1], [2]], [0, 1], { seed: 1 })).toEqual({ rows: [], labels: [] });
  });
});
