import { describe, expect, it } from 'vitest';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { chiSquareScores } from './chi-square.ts';
import iris from './fixtures/iris.json' with { type: 'json' };
import { discreteInformation, informationGains } from './information-gain.ts';
import { keepBest } from './keep-best.ts';
import { mutualInformation } from './mutual-information.ts';
import { permutationImportance } from './permutation-importance.ts';

const data = { columns: iris.columns.map((column) => Float64Array.from(column)), labels: iris.labels };

function expectClose(found: readonly number[], expected: readonly number[], digits = 9): void {
  expect(found).toEqual(expected.map((value) => expect.closeTo(value, digits)));
}

describe('chi-square', () => {
  it('has the scores of scikit-learn on iris', () => {
    const scores = chiSquareScores(data);
    expectClose(
      scores.map(({ statistic }) => statistic),
      [10.81782088, 3.7107283, 116.31261309, 67.0483602],
      7,
    );
    expectClose(
      scores.map(({ statistic }) => statistic),
      iris.chi2,
    );
    scores.forEach(({ p }, at) => expect(p / iris.chi2P[at]!).toBeCloseTo(1, 9));
  });

  it('refuses what cannot be a count, and says 0 of a column of zeros', () => {
    expect(() => chiSquareScores({ columns: [Float64Array.of(1, -1)], labels: [0, 1] })).toThrow(/column 0 has -1/);
    expect(chiSquareScores({ columns: [new Float64Array(2)], labels: [0, 1] })).toEqual([{ statistic: 0, p: 1 }]);
  });
});

describe('mutual information', () => {
  it.each(Object.entries(iris.mutualInformation))('has the scores of scikit-learn on iris, seed %s', (seed, scores) => {
    expectClose(mutualInformation(data, { seed: Number(seed) }), scores);
  });

  it('has them of other neighbours and of a discrete feature', () => {
    expectClose(mutualInformation(data, { neighbors: 1 }), iris.oneNeighbor);
    expectClose(mutualInformation(data, { discrete: [false, false, false, true] }), iris.lastDiscrete);
  });

  it('is near 0 of noise, near H(class) of the class itself, and takes a class of one row', () => {
    const uniform = seededUniform(1);
    const noise = Float64Array.from({ length: 400 }, uniform);
    const labels = noise.map((_, row) => (row === 0 ? 2 : row % 2));
    const [ofNoise, ofClass] = mutualInformation({ columns: [noise, labels], labels });
    expect(ofNoise).toBeLessThan(0.1);
    expect(ofClass).toBeCloseTo(Math.log(2), 1);
  });

  it('of a constant is 0', () => {
    const labels = Array.from({ length: 60 }, (_, row) => row % 2);
    expect(mutualInformation({ columns: [new Float64Array(60).fill(0.1)], labels })[0]).toBeLessThan(0.2);
  });
});

describe('information gain', () => {
  it('is the mutual information of the binned feature', () => {
    expectClose(informationGains(data), iris.informationGain);
  });

  it('is the entropy of the class at most', () => {
    expect(discreteInformation([0, 0, 1, 1], [5, 5, 7, 7])).toBeCloseTo(Math.log(2), 12);
    expect(discreteInformation([0, 1, 0, 1], [5, 5, 7, 7])).toBe(0);
  });
});

describe('permutation importance', () => {
  const uniform = seededUniform(3);
  const columns = [0, 1].map(() => Float64Array.from({ length: 500 }, uniform));
  const truth = columns[0]!.map((value) => (value > 0.5 ? 1 : 0));
  const accuracy = ([first]: readonly Float64Array[]) =>
    first!.filter((value, row) => (value > 0.5 ? 1 : 0) === truth[row]).length / truth.length;

  it('is what the model loses without the feature', () => {
    const [used, unused] = permutationImportance(columns, accuracy, { random: seededUniform(4) });
    expect(used!.mean).toBeCloseTo(0.5, 1);
    expect(used!.deviation).toBeGreaterThan(0);
    expect(unused).toEqual({ mean: 0, deviation: 0 });
  });

  it('is the same of the same seed, and leaves the columns as they were', () => {
    const before = columns.map((column) => column.slice());
    const score = ([a, b]: readonly Float64Array[]) => a![0]! + b![1]!;
    const run = () => permutationImportance(columns, score, { repeats: 3, random: seededUniform(9) });
    expect(run()).toEqual(run());
    expect(columns).toEqual(before);
  });

  it('shuffles: no value is lost', () => {
    const sums: number[] = [];
    permutationImportance([columns[0]!], ([a]) => sums.push(a!.toSorted().reduce((sum, value) => sum + value, 0)), {
      random: seededUniform(5),
    });
    expect(new Set(sums).size).toBe(1);
    expect(sums).toHaveLength(6);
  });
});

describe('the choice', () => {
  it('keeps the best, equal ones by name, and never what has no score', () => {
    expect(keepBest(['c', 'b', 'a', 'x'], [1, 2, 2, Number.NaN], 2)).toEqual([
      { name: 'a', score: 2, kept: true },
      { name: 'b', score: 2, kept: true },
      { name: 'c', score: 1, kept: false },
      { name: 'x', score: Number.NaN, kept: false },
    ]);
    expect(keepBest(['x'], [Number.NaN], 5)[0]!.kept).toBe(false);
  });
});
