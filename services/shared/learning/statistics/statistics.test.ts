import { describe, expect, it } from 'vitest';
import { chiSquareOfTable, jensenShannon, populationStability, wasserstein } from './distances.ts';
import { chiSquareTail, digamma, logGamma } from './gamma.ts';
import { ksProbability, ksStatistic } from './kolmogorov-smirnov.ts';
import {
  nextBelow,
  nextUniform,
  nextWord,
  normalSource,
  sampleWithout,
  startPythonTwister,
  startTwister,
} from './mersenne-twister.ts';
import { quantileOf } from './quantiles.ts';

describe('the Mersenne twister', () => {
  it('draws as CPython for a seed', () => {
    const state = startPythonTwister(42);
    expect([nextUniform(state), nextUniform(state)]).toEqual([0.6394267984578837, 0.025010755222666936]);
    expect(sampleWithout(startPythonTwister(42), 70, 8)).toEqual([14, 3, 35, 31, 28, 17, 13, 43]);
  });

  it('draws as RandomState for a seed', () => {
    const state = startTwister(0);
    expect([nextUniform(state), nextUniform(state)]).toEqual([0.5488135039273248, 0.7151893663724195]);
    const normal = normalSource(startTwister(0));
    const drawn = [normal(), normal(), normal()];
    [1.764052345967664, 0.4001572083672233, 0.9787379841057392].forEach((value, at) =>
      expect(drawn[at]).toBeCloseTo(value, 14),
    );
  });

  it('is the reference generator after many twists', () => {
    const state = startTwister(5489);
    for (let at = 1; at < 10_000; at++) nextWord(state);
    // ISO C++ requires this ten thousandth word of mt19937.
    expect(nextWord(state)).toBe(4123659995);
  });

  it('draws evenly below a bound that is no power of two', () => {
    const state = startTwister(1);
    const counts = [0, 0, 0];
    for (let at = 0; at < 30_000; at++) counts[nextBelow(state, 3)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(9700);
  });
});

describe('special functions', () => {
  it('are those of tables', () => {
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 14);
    expect(digamma(150)).toBeCloseTo(5.00729826, 8);
    expect(digamma(2.5)).toBeCloseTo(0.70315664, 8);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 14);
    expect(logGamma(11)).toBeCloseTo(Math.log(3628800), 12);
    expect(logGamma(0.25)).toBeCloseTo(1.2880225246980774, 13);
  });

  it('chi-square tails fit the tables on both sides of their mean', () => {
    expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(18.307038053275146, 10)).toBeCloseTo(0.05, 12);
    expect(chiSquareTail(3.940299136076212, 10)).toBeCloseTo(0.95, 10);
    expect(chiSquareTail(59.70006433052249, 9) / 1.5314526665647493e-9).toBeCloseTo(1, 9);
    expect(chiSquareTail(0, 4)).toBe(1);
  });
});

describe('Kolmogorov-Smirnov', () => {
  it('counts equal values together', () => {
    expect(ksStatistic([1, 1, 2], [1, 1, 2])).toBe(0);
    expect(ksStatistic([0, 0], [1, 1])).toBe(1);
    expect(ksStatistic([1, 2, 3, 4], [3, 4])).toBe(0.5);
  });

  it('has the probability of SciPy: exact for equal sizes, the limit otherwise', () => {
    expect(ksProbability(0.5, 30, 30)).toBeCloseTo(0.0008995776840176799, 12);
    expect(ksProbability(0, 30, 30)).toBe(1);
    expect(ksProbability(0.05, 1000, 20_000)).toBeCloseTo(0.017098608274873407, 12);
    expect(ksProbability(0.001, 1000, 20_000)).toBe(1);
  });
});

describe('distances', () => {
  it('are 0 of a distribution from itself', () => {
    const shares = [0.2, 0.5, 0.3, 0];
    expect(populationStability(shares, shares)).toBe(0);
    expect(jensenShannon(shares, shares)).toBe(0);
    expect(wasserstein([1, 2, 3], [1, 2, 3])).toBe(0);
  });

  it('reach their bounds of two that have nothing in common', () => {
    expect(jensenShannon([1, 0], [0, 1])).toBe(1);
    expect(populationStability([1, 0], [0, 1])).toBe(Infinity);
    expect(wasserstein([0, 0], [3, 3, 3])).toBe(3);
  });

  it('chi-square leaves out what has no counts', () => {
    expect(
      chiSquareOfTable([
        [10, 0, 20],
        [20, 0, 10],
      ]),
    ).toEqual({
      statistic: expect.closeTo(6.6667, 3),
      degrees: 1,
      p: expect.closeTo(0.0098, 4),
    });
    expect(
      chiSquareOfTable([
        [10, 5],
        [0, 0],
      ]),
    ).toEqual({ statistic: 0, degrees: 0, p: 1 });
  });

  it('quantiles lie between neighbours', () => {
    expect(quantileOf([1, 2, 4], 0.5)).toBe(2);
    expect(quantileOf([1, 2, 4], 0.75)).toBe(3);
    expect(quantileOf([1, 2, 4], 1)).toBe(4);
  });
});
