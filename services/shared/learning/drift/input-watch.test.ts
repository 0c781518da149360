import { describe, expect, it } from 'vitest';
import { numericBins } from '../sketch/bins.ts';
import { compareSketches, type SketchDistances } from '../sketch/compare.ts';
import { sketchFiller } from '../sketch/sketch.ts';
import { normalSource, startTwister } from '../statistics/mersenne-twister.ts';
import { quantileOf } from '../statistics/quantiles.ts';
import { resumeInputWatch, startInputWatch } from './input-watch.ts';

const noTest = { statistic: 0, degrees: 0, p: 1 };
const at = (psi: number): SketchDistances => ({ psi, js: psi / 2, chiSquare: noTest, cramersV: psi / 3 });
const window = (scores: Record<string, number | undefined>) =>
  new Map(Object.entries(scores).map(([name, psi]) => [name, psi === undefined ? undefined : at(psi)]));

describe('the input watch', () => {
  it('finds drift in the third window in a row, blames the feature, and says it once', () => {
    const watch = startInputWatch();
    const kinds = [0.1, 0.3, 0.3, 0.1, 0.2, 0.3, 0.4, 0.5].map((price) => watch.update(window({ age: 0.05, price })));
    expect(kinds.map(({ kind }) => kind)).toEqual(['none', 'none', 'none', 'none', 'none', 'none', 'drift', 'none']);
    expect(kinds[6]).toEqual({ kind: 'drift', worst: { feature: 'price', score: 0.4, windows: 3 } });
    expect(kinds[7]!.worst).toEqual({ feature: 'price', score: 0.5, windows: 4 });
  });

  it('does not add up windows of different features', () => {
    const watch = startInputWatch({ consecutiveWindows: 2 });
    const found = [0, 1, 0, 1].map((turn) => watch.update(window({ a: turn, b: 1 - turn })).kind);
    expect(found).toEqual(['none', 'none', 'none', 'none']);
  });

  it('blames the longest, then the greatest, then the first by name, in whatever order they come', () => {
    const watch = startInputWatch({ consecutiveWindows: 9 });
    expect(watch.update(window({ b: 0.5, a: 0.5, c: 0.3 })).worst!.feature).toBe('a');
    expect(watch.update(window({ c: 0.3, a: 0, b: 0.3 })).worst!.feature).toBe('b');
    expect(watch.update(window({ c: 0.4, a: 9, b: 0.3 })).worst!.feature).toBe('c');
  });

  it('takes a window without values for no window', () => {
    const watch = startInputWatch({ consecutiveWindows: 2 });
    const found = [0.3, undefined, 0.3].map((price) => watch.update(window({ price })));
    expect(found).toEqual([
      { kind: 'none', worst: { feature: 'price', score: 0.3, windows: 1 } },
      { kind: 'none' },
      { kind: 'drift', worst: { feature: 'price', score: 0.3, windows: 2 } },
    ]);
  });

  it('goes by the metric that it is told', () => {
    expect(startInputWatch({ metric: 'JensenShannon', consecutiveWindows: 1 }).update(window({ x: 0.3 })).kind).toBe(
      'none',
    );
    expect(startInputWatch({ metric: 'JensenShannon', consecutiveWindows: 1 }).update(window({ x: 0.4 })).kind).toBe(
      'drift',
    );
    expect(startInputWatch({ metric: 'KolmogorovSmirnov', consecutiveWindows: 1 }).update(window({ x: 9 }))).toEqual({
      kind: 'none',
    });
    expect(startInputWatch({ metric: 'ChiSquare', consecutiveWindows: 1 }).update(window({ x: 0.59 })).kind).toBe(
      'none',
    );
    expect(startInputWatch({ metric: 'ChiSquare', consecutiveWindows: 1 }).update(window({ x: 0.61 })).kind).toBe(
      'drift',
    );
    const far = new Map([['x', { ...at(0), ks: 0.1, w1: 9, w1Scaled: 0.3 }]]);
    expect(startInputWatch({ metric: 'Wasserstein', consecutiveWindows: 1 }).update(far).worst!.score).toBe(0.3);
  });

  it('goes on from what was stored: counts, and that drift has been said', () => {
    const scores = [0.3, 0.3, 0.3, 0.3];
    const whole = startInputWatch();
    const expected = scores.map((x) => whole.update(window({ x })));
    let watch = startInputWatch();
    const resumed = scores.map((x) => {
      watch = resumeInputWatch(JSON.parse(JSON.stringify(watch.store())));
      return watch.update(window({ x }));
    });
    expect(resumed).toEqual(expected);
    expect(() => resumeInputWatch({ windows: 3 })).toThrow(/stored state of the input watch/);
    expect(() => startInputWatch({ threshold: -1 })).toThrow(/options of the input watch.*threshold/s);
  });

  it('on real sketches is quiet while nothing moves, and finds a shift of a deviation', () => {
    const normal = normalSource(startTwister(1));
    const sample = (shift: number) => Float64Array.from({ length: 1000 }, () => normal() + shift);
    const base = sample(0).sort();
    const bins = numericBins((fraction) => quantileOf(base, fraction));
    const sketchOf = (values: Float64Array) => {
      const filler = sketchFiller(bins);
      values.forEach((value) => filler.add(value));
      return filler.take();
    };
    const baseline = sketchOf(base);
    const watch = startInputWatch();
    const kinds = Array.from({ length: 60 }, (_, turn) => {
      const moved = sketchOf(sample(turn < 50 ? 0 : 1));
      return watch.update(new Map([['x', compareSketches(baseline, moved)]])).kind;
    });
    expect(kinds.indexOf('drift')).toBe(52);
  });
});
