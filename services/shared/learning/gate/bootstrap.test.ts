import { describe, expect, it } from 'vitest';
import { nextUniform, startTwister } from '../statistics/mersenne-twister.ts';
import { relativeDifference } from './bootstrap.ts';

const paired = (candidate: number[], active: number[], profile = candidate.map((_, at) => at)) => ({
  candidate: Float64Array.from(candidate),
  active: Float64Array.from(active),
  profile,
});

/** Two models on `count` questions, of which the candidate answers `better` more. */
function models(count: number, better: number, seed: number) {
  const random = startTwister(seed);
  const active = Array.from({ length: count }, () => (nextUniform(random) < 0.3 ? 1 : 0));
  const candidate = active.map((value) => (value === 0 && nextUniform(random) < better ? 1 : value));
  return paired(candidate, active);
}

describe('the relative difference', () => {
  it('is that of the sums, with bounds on both sides, the same for the same seed', () => {
    const given = models(500, 0.1, 1);
    const { mean, lower, upper } = relativeDifference(given, 1);
    const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
    expect(mean).toBeCloseTo(sum(given.candidate) / sum(given.active) - 1, 12);
    expect(lower).toBeLessThan(mean);
    expect(upper).toBeGreaterThan(mean);
    expect(relativeDifference(given, 1)).toEqual({ mean, lower, upper });
    expect(relativeDifference(given, 2)).not.toEqual({ mean, lower, upper });
  });

  it('of equal models is surely nothing', () => {
    const { candidate } = models(50, 0, 3);
    const same = { candidate, active: candidate, profile: Array.from(candidate.keys()) };
    expect(relativeDifference(same, 1)).toEqual({ mean: 0, lower: 0, upper: 0 });
  });

  it('has a lower bound that holds in about 95 of 100 cases', () => {
    // Of a question that the active one misses, the candidate answers a tenth: 0.7 · 0.1 / 0.3.
    const truth = (0.7 * 0.1) / 0.3;
    let held = 0;
    for (let seed = 0; seed < 100; seed++) if (relativeDifference(models(200, 0.1, seed), seed).lower <= truth) held++;
    expect(held).toBeGreaterThanOrEqual(88);
    expect(held).toBeLessThanOrEqual(100);
  });

  it('is less sure where few profiles ask many questions', () => {
    const alone = models(400, 0.1, 5);
    const together = { ...alone, profile: Array.from({ length: 400 }, (_, at) => at >> 5) };
    const width = ({ lower, upper }: { lower: number; upper: number }) => upper - lower;
    const sorted = { ...together, candidate: alone.candidate.toSorted(), active: alone.active.toSorted() };
    expect(width(relativeDifference(sorted, 1))).toBeGreaterThan(width(relativeDifference(alone, 1)));
  });

  it('knows nothing without questions, or from one profile alone', () => {
    expect(relativeDifference(paired([], []), 1)).toEqual({ mean: 0, lower: -Infinity, upper: Infinity });
    expect(relativeDifference(paired([1, 1], [1, 0], [3, 3]), 1)).toEqual({
      mean: 1,
      lower: -Infinity,
      upper: Infinity,
    });
  });

  it('beside a model that is worth nothing is without end, or nothing', () => {
    expect(relativeDifference(paired([1, 1], [0, 0]), 1)).toEqual({ mean: Infinity, lower: Infinity, upper: Infinity });
    expect(relativeDifference(paired([0, 0], [0, 0]), 1)).toEqual({ mean: 0, lower: 0, upper: 0 });
  });
});
