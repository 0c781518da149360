import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalSource, seededUniform, startTwister } from '../statistics/mersenne-twister.ts';
import { quantileOf } from '../statistics/quantiles.ts';
import scales from './fixtures/scales.json' with { type: 'json' };
import { FrequentValues } from './frequent-values.ts';
import { addToMoments, deviationOf, mergeMoments, momentsSchema, noMoments, type Moments } from './moments.ts';
import { QuantileDigest } from './quantile-digest.ts';
import { applyScale, fitScale, type ScaleMethod } from './scale.ts';
import { fitMad, fitZScore, isSpreadOutlier, medianDistance, spreadsAway } from './spread-outliers.ts';

function momentsOf(values: readonly number[]): Moments {
  const moments = noMoments();
  for (const value of values) addToMoments(moments, value);
  return moments;
}

function digestOf(values: Iterable<number>): QuantileDigest {
  const digest = new QuantileDigest();
  for (const value of values) digest.add(value);
  return digest;
}

// Not fc.double: most of its numbers lie next to 0.
const number = fc.integer({ min: -100_000_000, max: 100_000_000 }).map((value) => value / 100);
const json = <T>(value: T): unknown => JSON.parse(JSON.stringify(value));

describe('moments', () => {
  it('are those of all values at once, in parts of any size and order', () => {
    fc.assert(
      fc.property(fc.array(number), fc.array(number), fc.array(number), (a, b, c) => {
        const all = [...a, ...b, ...c];
        const merged = mergeMoments(mergeMoments(momentsOf(c), momentsOf(a)), momentsOf(b));
        const mean = all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
        const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        expect(merged.count).toBe(all.length);
        expect(Math.abs(merged.mean - mean)).toBeLessThan(1e-6);
        expect(Math.abs(merged.squares - squares)).toBeLessThanOrEqual(1e-9 * squares + 1e-6);
        expect(merged.range).toEqual(
          all.length === 0 ? undefined : { least: Math.min(...all), greatest: Math.max(...all) },
        );
      }),
    );
  });

  it('stay exact far from 0, and are JSON', () => {
    const moments = momentsOf([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(deviationOf(moments)).toBeCloseTo(Math.sqrt(22.5), 6);
    expect(momentsSchema.parse(json(moments))).toEqual(moments);
    expect(deviationOf(noMoments())).toBe(0);
  });

  it('are not shared with what was merged', () => {
    const [empty, one] = [noMoments(), momentsOf([1])];
    addToMoments(mergeMoments(empty, one), 9);
    expect(one).toEqual(momentsOf([1]));
  });
});

describe('the quantile digest', () => {
  it('is exact for few values, as NumPy', () => {
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
        (values, q) => {
          const sorted = Float64Array.from(values).sort();
          expect(digestOf(values).quantile(q)).toBeCloseTo(quantileOf(sorted, q), 4);
        },
      ),
    );
  });

  it.each([
    ['uniform', (uniform: () => number) => uniform()],
    ['skewed', (uniform: () => number) => Math.exp(6 * uniform())],
    ['few values', (uniform: () => number) => Math.floor(5 * uniform())],
    ['far from 0', (uniform: () => number) => 1e9 + uniform()],
  ])('keeps its rank error in 60,000 %s values, merged from parts', (_, of) => {
    const uniform = seededUniform(2);
    const values = Float64Array.from({ length: 60_000 }, () => of(uniform));
    const whole = new QuantileDigest();
    for (let start = 0; start < values.length; start += 7000)
      whole.merge(digestOf(values.subarray(start, start + 7000)));
    const sorted = values.toSorted();
    for (const q of [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1]) {
      const found = whole.quantile(q);
      const below = sorted.filter((value) => value < found).length / sorted.length;
      const upTo = sorted.filter((value) => value <= found).length / sorted.length;
      const slack = (8 * q * (1 - q)) / 200 + 1e-4;
      expect(below).toBeLessThanOrEqual(q + slack);
      expect(upTo).toBeGreaterThanOrEqual(q - slack);
    }
    expect(whole.store().means.length).toBeLessThan(220);
  });

  it('goes on from what was stored', () => {
    const uniform = seededUniform(4);
    const values = Array.from({ length: 5000 }, uniform);
    const stored = digestOf(values.slice(0, 3000)).store();
    const resumed = QuantileDigest.from(json(stored));
    const unbroken = QuantileDigest.from(stored);
    for (const value of values.slice(3000)) [resumed, unbroken].forEach((digest) => digest.add(value));
    expect(resumed.store()).toEqual(unbroken.store());
    expect(resumed.quantile(0.5)).toBeCloseTo(0.5, 1);
  });

  it('has nothing to say before the first value', () => {
    expect(new QuantileDigest().quantile(0.5)).toBeNaN();
    expect(QuantileDigest.from(json(new QuantileDigest().store())).share(1)).toBeNaN();
  });

  it('tells shares, equal values counting half', () => {
    const digest = digestOf([1, 2, 2, 2, 3]);
    expect([0, 1, 2, 3, 4].map((value) => digest.share(value))).toEqual([0, 0.1, 0.5, 0.9, 1]);
  });
});

describe('frequent values', () => {
  const values = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 });

  it('never count less than there is, nor lose what is more than its share, merged or not', () => {
    fc.assert(
      fc.property(values, values, fc.integer({ min: 2, max: 12 }), (a, b, capacity) => {
        const [left, right] = [new FrequentValues(capacity), new FrequentValues(capacity)];
        a.forEach((value) => left.add(value));
        b.forEach((value) => right.add(value));
        left.merge(FrequentValues.from(json(right.store())));
        const all = [...a, ...b];
        const truth = (value: unknown) => all.filter((other) => other === value).length;
        const top = left.top();
        expect(top.length).toBeLessThanOrEqual(capacity);
        for (const { value, count, error } of top) {
          expect(count).toBeGreaterThanOrEqual(truth(value));
          expect(count - error).toBeLessThanOrEqual(truth(value));
        }
        const kept = new Set(top.map(({ value }) => value));
        for (const value of new Set(all)) if (truth(value) > all.length / capacity) expect(kept).toContain(value);
      }),
    );
  });

  it('have the mode', () => {
    const frequent = new FrequentValues(3);
    for (const value of ['a', 'b', 'c', 'd', 'b', 'e', 'b', 'f', 'b']) frequent.add(value);
    expect(frequent.mode()).toBe('b');
    expect(new FrequentValues().mode()).toBeUndefined();
  });
});

describe('scales', () => {
  const digest = digestOf(scales.values);
  const column = { moments: momentsOf(scales.values), quantile: (fraction: number) => digest.quantile(fraction) };

  it.each(Object.entries(scales.scaled))('%s is that of scikit-learn', (method, expected) => {
    const scale = fitScale(method as ScaleMethod, column)!;
    scales.values.forEach((value, at) => expect(applyScale(scale, value)).toBeCloseTo(expected[at]!, 9));
  });

  it('Log mirrors, and learns nothing', () => {
    const scale = fitScale('Log', { moments: noMoments(), quantile: () => Number.NaN })!;
    expect([-(Math.E - 1), 0, Math.E - 1].map((value) => applyScale(scale, value))).toEqual([-1, 0, 1]);
  });

  it('of a column of one value shift it to 0, of none are not there', () => {
    const one = { moments: momentsOf([7, 7]), quantile: () => 7 };
    for (const method of ['Standard', 'MinMax', 'Robust'] as const) {
      expect(applyScale(fitScale(method, one)!, 7)).toBe(0);
      expect(applyScale(fitScale(method, one)!, 8)).toBe(1);
      expect(fitScale(method, { moments: noMoments(), quantile: () => Number.NaN })).toBeUndefined();
    }
  });
});

describe('outliers by spread', () => {
  const normal = normalSource(startTwister(6));
  const values = Array.from({ length: 5000 }, () => 100 + 5 * normal());

  it('the median distance of normal values is their deviation', () => {
    const model = fitMad(digestOf(values))!;
    expect(model.center).toBeCloseTo(100, 0);
    expect(model.spread / 5).toBeCloseTo(1, 1);
    expect(medianDistance(digestOf([1, 1, 2, 2, 4, 6, 9]), 2)).toBeCloseTo(1, 0);
  });

  it('wild values do not hide themselves from MAD, as they do from the z-score', () => {
    const polluted = [...values, ...Array.from({ length: 600 }, () => 1e6)];
    const digest = digestOf(polluted);
    const zScore = fitZScore({ moments: momentsOf(polluted), quantile: (fraction) => digest.quantile(fraction) })!;
    expect(isSpreadOutlier(fitMad(digest)!, 1e6)).toBe(true);
    expect(isSpreadOutlier(fitMad(digest)!, 104)).toBe(false);
    expect(isSpreadOutlier(zScore, 1e6)).toBe(false);
  });

  it('the z-score takes three deviations, on both sides', () => {
    const zScore = fitZScore({ moments: momentsOf([90, 110]), quantile: () => 100 })!;
    expect([69.9, 70, 130, 130.1].map((value) => isSpreadOutlier(zScore, value))).toEqual([true, false, false, true]);
    expect(spreadsAway(zScore, 120)).toBe(2);
  });

  it('where all values were one, any other is an outlier', () => {
    const model = fitMad(digestOf([5, 5, 5]))!;
    expect(isSpreadOutlier(model, 5)).toBe(false);
    expect(isSpreadOutlier(model, 5.1)).toBe(true);
    expect(fitMad(digestOf([]))).toBeUndefined();
  });
});
