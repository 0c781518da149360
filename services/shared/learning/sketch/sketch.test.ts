import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareOfTable, jensenShannon, populationStability, wasserstein } from '../statistics/distances.ts';
import { ksProbability, ksStatistic } from '../statistics/kolmogorov-smirnov.ts';
import { normalSource, startTwister } from '../statistics/mersenne-twister.ts';
import { quantileOf } from '../statistics/quantiles.ts';
import { categoricalBins, numericBins, type Bins } from './bins.ts';
import { compareSketches } from './compare.ts';
import golden from './fixtures/golden.json' with { type: 'json' };
import { emptySketch, mergeSketches, parseSketch, sketchFiller, type Sketch } from './sketch.ts';

const normal = normalSource(startTwister(0));
const draw = (map: (value: number) => number) => Float64Array.from({ length: 1000 }, () => map(normal())).sort();
const a = draw((value) => value);
const b = draw((value) => 0.25 + 1.2 * value);

function sketchOf(bins: Bins, values: Iterable<unknown>): Sketch {
  const filler = sketchFiller(bins);
  for (const value of values) filler.add(value);
  return filler.take();
}

describe('raw samples', () => {
  const deciles: Bins = {
    kind: 'numeric',
    edges: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => quantileOf(a, tenth / 10)),
  };
  const [before, now] = [sketchOf(deciles, a).counts, sketchOf(deciles, b).counts];
  const shares = (counts: readonly number[]) => counts.map((count) => count / 1000);

  it('have the golden distances', () => {
    expect(populationStability(shares(before), shares(now))).toBeCloseTo(golden.psi10, 9);
    expect(jensenShannon(shares(before), shares(now))).toBeCloseTo(golden.js_distance_base2, 9);
    expect(ksStatistic(a, b)).toBeCloseTo(golden.ks[0]!, 12);
    expect(ksProbability(golden.ks[0]!, 1000, 1000) / golden.ks[1]!).toBeCloseTo(1, 9);
    expect(wasserstein(a, b)).toBeCloseTo(golden.w1, 9);
    const table = chiSquareOfTable([before, now]);
    expect(table.statistic).toBeCloseTo(golden.chi2_contingency[0]!, 9);
    expect(table.degrees).toBe(9);
    expect(table.p / golden.chi2_contingency[1]!).toBeCloseTo(1, 9);
  });
});

describe('sketches of 100 bins', () => {
  const bins = numericBins((fraction) => quantileOf(a, fraction));
  const distances = compareSketches(sketchOf(bins, a), sketchOf(bins, b))!;

  it('have the golden PSI, JS and chi-square: ten bins at a time are the deciles', () => {
    expect(distances.psi).toBeCloseTo(golden.psi10, 9);
    expect(distances.js).toBeCloseTo(golden.js_distance_base2, 9);
    expect(distances.chiSquare.statistic).toBeCloseTo(golden.chi2_contingency[0]!, 9);
    expect(distances.chiSquare.degrees).toBe(9);
  });

  it('have KS within a bin, and W1 within a hundredth of that of values kept between the ends of the baseline', () => {
    expect(distances.ks!).toBeLessThanOrEqual(golden.ks[0]! + 1e-12);
    expect(distances.ks!).toBeGreaterThan(golden.ks[0]! - 0.01);
    const kept = wasserstein(a, b.map((value) => Math.min(a.at(-1)!, Math.max(a[0]!, value))).sort());
    expect(Math.abs(distances.w1! - kept)).toBeLessThan(0.01 * kept);
    expect(Math.abs(distances.w1! - golden.w1)).toBeLessThan(0.03 * golden.w1);
  });

  it('see values that go missing', () => {
    const holes = Array.from(a, (value, at) => (at % 5 === 0 ? undefined : value));
    expect(compareSketches(sketchOf(bins, a), sketchOf(bins, holes))!.psi).toBeGreaterThan(0.2);
    const none = compareSketches(sketchOf(bins, a), sketchOf(bins, [null, undefined]))!;
    expect(none.psi).toBeGreaterThan(1);
    expect(none).not.toHaveProperty('ks');
  });

  it('count a class that only one side has as half a value on the other', () => {
    const bins: Bins = { kind: 'categorical', categories: ['a', 'b'] };
    const [one, both] = [sketchOf(bins, ['a', 'a', 'a', 'a']), sketchOf(bins, ['a', 'a', 'a', 'b'])];
    const expected = (1 - 0.75) * Math.log(1 / 0.75) + (0.125 - 0.25) * Math.log(0.125 / 0.25);
    expect(compareSketches(one, both)!.psi).toBeCloseTo(expected, 12);
    expect(compareSketches(both, one)!.psi).toBeCloseTo(expected, 12);
  });

  it('say nothing of an empty window, and 0 of the baseline itself', () => {
    expect(compareSketches(sketchOf(bins, a), emptySketch(bins))).toBeUndefined();
    expect(compareSketches(sketchOf(bins, a), sketchOf(bins, a))).toEqual({
      psi: 0,
      js: 0,
      chiSquare: { statistic: 0, degrees: 9, p: 1 },
      cramersV: 0,
      ks: 0,
      w1: 0,
      w1Scaled: 0,
    });
  });

  it('have a chi-square of no size, and W1 in units of the baseline', () => {
    const twice = { ...sketchOf(bins, a), counts: sketchOf(bins, a).counts.map((count) => 2 * count) };
    expect(compareSketches(twice, sketchOf(bins, b))!.cramersV).toBeCloseTo(distances.cramersV, 12);
    // Of rows of the same size it is Cramér's V as the textbook has it: √(χ²/n).
    expect(distances.cramersV).toBeCloseTo(Math.sqrt(golden.chi2_contingency[0]! / 2000), 9);
    const width = quantileOf(a, 0.9) - quantileOf(a, 0.1);
    expect(distances.w1Scaled!).toBeCloseTo(distances.w1! / width, 1);
  });

  it('are as far apart as raw samples of any two distributions, up to the bins', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, values, (left, right) => {
        const p = Float64Array.from(left).sort();
        const own = numericBins((fraction) => quantileOf(p, fraction), 20);
        const edges = own.kind === 'numeric' ? own.edges : [];
        const q = Float64Array.from(right, (value) => Math.min(edges.at(-1)!, Math.max(edges[0]!, value))).sort();
        const [before, now] = [sketchOf(own, p), sketchOf(own, q)];
        const found = compareSketches(before, now)!;
        const masses = before.counts.map((count, bin) => count / p.length + now.counts[bin]! / q.length);
        expect(found.ks!).toBeLessThanOrEqual(ksStatistic(p, q) + 1e-9);
        expect(found.ks!).toBeGreaterThanOrEqual(ksStatistic(p, q) - Math.max(...masses) - 1e-9);
        const widths = masses.map((_, bin) => (edges[bin] ?? 0) - (edges[bin - 1] ?? edges[bin] ?? 0));
        const slack = masses.reduce((sum, mass, bin) => sum + mass * Math.max(0, widths[bin]!), 0);
        expect(Math.abs(found.w1! - wasserstein(p, q))).toBeLessThanOrEqual(slack + 1e-9);
      }),
    );
  });
});

describe('W1 of a sketch', () => {
  const w1 = (edges: number[], before: readonly number[], now: readonly number[]) => {
    const bins: Bins = { kind: 'numeric', edges };
    return compareSketches(sketchOf(bins, before), sketchOf(bins, now))!.w1;
  };

  it('is exact where values lie evenly in their bins, on both sides of a crossing', () => {
    const even = (from: number, to: number, size: number) =>
      Array.from({ length: size }, (_, at) => from + ((to - from) * (at + 0.5)) / size);
    const [wide, narrow] = [even(0, 4, 40_000), even(1, 3, 40_000)];
    expect(w1([0, 1, 2, 3, 4], wide, narrow)).toBeCloseTo(wasserstein(wide, narrow), 3);
    // F − G goes straight from ¼ to −¼ over the one bin, which is 2 wide.
    expect(w1([1, 3], [0, 2, 9, 9], [2, 2, 2, 9])).toBeCloseTo(0.25, 12);
  });

  it('counts what lies beyond the ends of the baseline as lying there', () => {
    expect(w1([0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 1e12])).toBe(0);
    expect(w1([0, 1, 2], [0, 0, 0, 0], [9, 9, 9, 9])).toBeCloseTo(1.5, 9);
  });
});

describe('categories', () => {
  const bins = categoricalBins(
    new Map([
      ['red', 5],
      ['blue', 9],
      ['green', 5],
      ['rare', 1],
    ]),
    3,
  );

  it('are the commonest, and one bin for all others', () => {
    expect(bins).toEqual({ kind: 'categorical', categories: ['blue', 'green', 'red'] });
    expect(sketchOf(bins, ['red', 'red', 'rare', 'new', 7, true, null, '']).counts).toEqual([0, 0, 2, 5]);
  });

  it('show a new one', () => {
    const before = sketchOf(bins, ['blue', 'green', 'red', 'blue']);
    const now = sketchOf(bins, ['blue', 'green', 'red', 'new']);
    expect(compareSketches(before, now)!.psi).toBeGreaterThan(0.1);
    expect(compareSketches(before, now)).not.toHaveProperty('ks');
  });
});

describe('merging', () => {
  const bins: Bins = { kind: 'numeric', edges: [-1, 0, 1] };
  const value = fc.oneof(
    fc.integer({ min: -30, max: 30 }).map((tenths) => tenths / 10),
    fc.constant(null),
    fc.constant(Number.NaN),
  );
  const part = fc.array(value, { maxLength: 20 }).map((values) => ({ values, sketch: sketchOf(bins, values) }));

  it('is of the whole whatever the parts, their order and their grouping', () => {
    fc.assert(
      fc.property(part, part, part, (x, y, z) => {
        const whole = sketchOf(bins, [...x.values, ...y.values, ...z.values]);
        expect(mergeSketches(mergeSketches(x.sketch, y.sketch), z.sketch)).toEqual(whole);
        expect(mergeSketches(x.sketch, mergeSketches(y.sketch, z.sketch))).toEqual(whole);
        expect(mergeSketches(z.sketch, mergeSketches(y.sketch, x.sketch))).toEqual(whole);
        expect(mergeSketches(whole, emptySketch(bins))).toEqual(whole);
        expect(parseSketch(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
      }),
    );
  });

  it('is refused of different bins, and a damaged sketch is refused', () => {
    const other = emptySketch({ kind: 'numeric', edges: [-1, 0, 2] });
    expect(() => mergeSketches(emptySketch(bins), other)).toThrow(/different bins/);
    expect(() => compareSketches(emptySketch(bins), other)).toThrow(/other bins/);
    expect(() => parseSketch({ ...other, counts: [1] })).toThrow(/one number a bin/);
    expect(() => parseSketch({ ...other, bins: { kind: 'numeric', edges: [1, 1, 2] } })).toThrow(/must ascend/);
  });

  it('takes a value at an edge into the bin above it', () => {
    expect(sketchOf(bins, [-1, 0, 1, 0.999]).counts).toEqual([0, 1, 2, 1]);
  });
});
