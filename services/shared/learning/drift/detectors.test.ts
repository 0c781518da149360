import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectorNames, resumeDetector, startDetector, type DetectorName } from './detectors.ts';
import type { Detector } from './detector.ts';
import reference from './fixtures/reference.json' with { type: 'json' };
import streams from './fixtures/streams.json' with { type: 'json' };

/** Drifts, and the first warning after the start or after a drift, as the reference lists them. */
function firings(detector: Detector, values: readonly number[]): (readonly [string, number])[] {
  const found: (readonly [string, number])[] = [];
  let isQuiet = true;
  values.forEach((value, index) => {
    const verdict = detector.update(value);
    if (verdict === 'drift') found.push(['D', index]);
    if (verdict === 'warning' && isQuiet) found.push(['W', index]);
    if (verdict !== 'none') isQuiet = verdict === 'drift';
  });
  return found;
}

function every(detector: Detector, values: readonly number[]): { drifts: number[]; warnings: number[][] } {
  const [drifts, warnings]: [number[], number[][]] = [[], []];
  values.forEach((value, index) => {
    const verdict = detector.update(value);
    if (verdict === 'drift') drifts.push(index);
    if (verdict !== 'warning') return;
    const run = warnings.at(-1);
    if (run !== undefined && run[1] === index - 1) run[1] = index;
    else warnings.push([index, index]);
  });
  return { drifts, warnings };
}

describe('the streams of the reference', () => {
  const { streamA, streamB, expected } = streams;
  it.each([
    ['ADWIN', expected.streamA.adwin_d002],
    ['PageHinkley', expected.streamA.page_hinkley],
    ['KSWIN', expected.streamA.kswin_a1e4_seed42],
  ] as const)('%s fires on stream A where the reference does', (name, at) => {
    expect(firings(startDetector(name), streamA)).toEqual(at.map((index) => ['D', index]));
  });

  it.each([
    ['DDM', {}, expected.streamB.ddm],
    ['EDDM', { warning: 0.8, drift: 0.75 }, expected.streamB.eddm_a08_b075],
    ['HDDM_A', {}, expected.streamB.hddm_a],
  ] as const)('%s fires on stream B where the reference does', (name, options, at) => {
    expect(firings(startDetector(name, options), streamB)).toEqual(at);
  });

  const errors = Array.from(reference.errors, Number);
  it.each(Object.entries(reference.onErrors))('%s: every drift and warning of 8,000 errors', (name, verdicts) => {
    expect(every(startDetector(name as DetectorName), errors)).toEqual(verdicts);
  });

  it.each(Object.entries(reference.onValues))('%s: every drift of 3,200 numbers', (name, verdicts) => {
    expect(every(startDetector(name as DetectorName), reference.values)).toEqual(verdicts);
  });

  it('Page-Hinkley finds rises and not falls', () => {
    const level = (value: number) => Array.from({ length: 400 }, () => value);
    expect(firings(startDetector('PageHinkley'), [...level(0), ...level(1)])).not.toEqual([]);
    expect(firings(startDetector('PageHinkley'), [...level(1), ...level(0)])).toEqual([]);
  });
});

describe('Page-Hinkley', () => {
  const options = { minValues: 2, delta: 0, threshold: 0.5, alpha: 1 };
  const finds = (changed: object, values: readonly number[]) =>
    firings(startDetector('PageHinkley', { ...options, ...changed }), values).map(([, index]) => index);

  it('fires where the sum reaches the threshold', () => {
    // After 0 and 1 the mean is ½, so the sum is 1 − ½.
    expect(finds({}, [0, 1])).toEqual([1]);
    expect(finds({ threshold: 0.51 }, [0, 1])).toEqual([]);
    expect(finds({ delta: 0.01 }, [0, 1])).toEqual([]);
    expect(finds({ minValues: 3 }, [0, 1])).toEqual([]);
  });

  it('forgets by α, and never falls below 0', () => {
    // Sums of 0, 1, 1 with α = 1: 0, ½, ½ + ⅓.
    expect(finds({ threshold: 0.8 }, [0, 1, 1])).toEqual([2]);
    expect(finds({ threshold: 0.8, alpha: 0.9 }, [0, 1, 1])).toEqual([]);
    expect(finds({ threshold: 0.7 }, [5, 0, 0, 0, 0, 0, 3])).toEqual([6]);
  });
});

describe('ADWIN', () => {
  it('holds the variance of its window, and the sums of its buckets', () => {
    const values = reference.values.slice(0, 500);
    const detector = startDetector('ADWIN', { every: 1000 });
    for (const value of values) detector.update(value);
    const { state } = detector.store() as { state: { squares: number; rows: number[][] } };
    const mean = values.reduce((sum, value) => sum + value, 0) / 500;
    expect(state.squares).toBeCloseTo(
      values.reduce((sum, value) => sum + (value - mean) ** 2, 0),
      6,
    );
    let start = 0;
    for (const [level, sums] of [...state.rows.entries()].reverse()) {
      for (const sum of sums) {
        const own = values.slice(start, (start += 2 ** level));
        expect(sum).toBeCloseTo(
          own.reduce((total, value) => total + value, 0),
          6,
        );
      }
      expect(sums.length).toBeLessThanOrEqual(5);
    }
    expect(start).toBe(500);
  });
});

describe('a stored detector', () => {
  const errors = Array.from(reference.errors.slice(0, 3000), Number);
  const verdictsOf = (detector: Detector) => errors.map((value) => detector.update(value));
  const verdicts = Object.fromEntries(detectorNames.map((name) => [name, verdictsOf(startDetector(name))]));
  it.each(detectorNames)('%s goes on as if it had never stopped', (name) => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: errors.length }), { maxLength: 4 }), (stops) => {
        let detector = startDetector(name);
        const resumed = errors.map((value, index) => {
          if (stops.includes(index)) detector = resumeDetector(JSON.parse(JSON.stringify(detector.store())));
          return detector.update(value);
        });
        expect(resumed).toEqual(verdicts[name]);
      }),
      { numRuns: 4 },
    );
  });

  it('is a copy, which later values do not change', () => {
    const detector = startDetector('ADWIN');
    detector.update(1);
    const stored = detector.store();
    const before = structuredClone(stored);
    for (let at = 0; at < 10; at++) detector.update(at);
    expect(stored).toEqual(before);
  });

  it('is refused with what is wrong if it is damaged', () => {
    const stored = startDetector('DDM').store();
    expect(() => resumeDetector({ ...stored, state: { count: 'many' } })).toThrow(/stored state.*count/s);
    expect(() => resumeDetector({ ...stored, kind: 'DDD' })).toThrow(/stored state/);
  });
});

describe('a value', () => {
  it('that is no number is refused, and the detector goes on', () => {
    const detector = startDetector('ADWIN');
    expect(() => detector.update(Number.NaN)).toThrow(RangeError);
    expect(detector.store()).toEqual(startDetector('ADWIN').store());
  });
});

describe('options', () => {
  it('are refused with the name of the detector if they are wrong', () => {
    expect(() => startDetector('EDDM', { warning: 0.5, drift: 0.9 })).toThrow(/EDDM.*at most warning/s);
    expect(() => startDetector('KSWIN', { recent: 60 })).toThrow(/KSWIN.*half of window/s);
    expect(() => startDetector('ADWIN', { dleta: 1 })).toThrow(/ADWIN.*dleta/s);
  });
});
