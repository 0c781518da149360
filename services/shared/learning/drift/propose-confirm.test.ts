import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { resumeProposeConfirm, startProposeConfirm, type ProposeConfirm } from './propose-confirm.ts';
import { spreadErrors } from './spread-errors.ts';

interface Phase {
  readonly rate: number;
  readonly values: number;
}

function bernoulli(seed: number, phases: readonly Phase[]): (0 | 1)[] {
  const uniform = seededUniform(seed);
  return phases.flatMap(({ rate, values }) => Array.from({ length: values }, () => (uniform() < rate ? 1 : 0)));
}

function drifts(watch: ProposeConfirm, errors: readonly (0 | 1)[]): number[] {
  return errors.flatMap((error, index) => (watch.update(error).kind === 'drift' ? [index] : []));
}

describe('propose and confirm', () => {
  it.each([0.02, 0.1, 0.3, 0.5, 0.9])('gives no verdict in 30,000 values at a rate of %f', (rate) => {
    expect(drifts(startProposeConfirm(), bernoulli(11, [{ rate, values: 30_000 }]))).toEqual([]);
  });

  it('gives one verdict for one change, at most 600 values after it, in each of 20 streams', () => {
    for (let seed = 0; seed < 20; seed++) {
      const errors = bernoulli(seed, [
        { rate: 0.1, values: 5000 },
        { rate: 0.3, values: 5000 },
      ]);
      const found = drifts(startProposeConfirm(), errors);
      expect(found).toHaveLength(1);
      expect(found[0]).toBeGreaterThanOrEqual(5000);
      expect(found[0]).toBeLessThan(5600);
    }
  });

  it('says the rates on either side, and how many values ago the change was', () => {
    const watch = startProposeConfirm();
    const errors = bernoulli(3, [
      { rate: 0.1, values: 5000 },
      { rate: 0.4, values: 2000 },
    ]);
    const verdicts = errors.map((error) => watch.update(error));
    const at = verdicts.findIndex(({ kind }) => kind === 'drift');
    const verdict = verdicts[at] as Extract<(typeof verdicts)[number], { kind: 'drift' }>;
    expect(verdict).toMatchObject({ before: expect.closeTo(0.1, 1), after: expect.closeTo(0.4, 1) });
    expect(Math.abs(at + 1 - verdict.ago - 5000)).toBeLessThan(100);
  });

  it('takes a fall for an improvement', () => {
    const errors = bernoulli(5, [
      { rate: 0.4, values: 5000 },
      { rate: 0.1, values: 5000 },
    ]);
    expect(drifts(startProposeConfirm(), errors)).toEqual([]);
  });

  it('finds each of several rises, falls between them or not', () => {
    const errors = bernoulli(6, [
      { rate: 0.1, values: 4000 },
      { rate: 0.3, values: 4000 },
      { rate: 0.1, values: 4000 },
      { rate: 0.3, values: 4000 },
      { rate: 0.6, values: 4000 },
    ]);
    expect(drifts(startProposeConfirm(), errors).map((index) => Math.floor(index / 4000))).toEqual([1, 3, 4]);
  });

  it('forgets a proposal that nobody confirmed in time', () => {
    const errors = bernoulli(7, [
      { rate: 0.1, values: 5000 },
      { rate: 0.3, values: 3000 },
    ]);
    // An ADWIN that looks only at the very end comes too late for the proposal, which 100 values outlived.
    const late = startProposeConfirm({ within: 100, confirmer: { every: 7999 } });
    const inTime = startProposeConfirm({ within: 3000, confirmer: { every: 7999 } });
    expect(drifts(late, errors)).toEqual([]);
    expect(drifts(inTime, errors)).toEqual([7998]);
  });

  it('finds a rise back to where it was before a fall', () => {
    const errors = bernoulli(10, [
      { rate: 0.4, values: 5000 },
      { rate: 0.1, values: 2000 },
      { rate: 0.3, values: 2000 },
    ]);
    const found = drifts(startProposeConfirm(), errors);
    expect(found).toHaveLength(1);
    expect(found[0]).toBeGreaterThanOrEqual(7000);
    expect(found[0]).toBeLessThan(7600);
  });

  it('does not take a fall that ADWIN found for the confirmation of a rise', () => {
    const errors = bernoulli(9, [
      { rate: 0.4, values: 5000 },
      { rate: 0.1, values: 2000 },
      { rate: 0.3, values: 6000 },
    ]);
    // ADWIN looks twice: it finds the fall at the first look, the rise at the second, long after HDDM_A's proposal.
    expect(drifts(startProposeConfirm({ confirmer: { every: 6000 } }), errors)).toEqual([11_999]);
  });

  it('warns from the proposal on until it is confirmed', () => {
    const errors = bernoulli(7, [
      { rate: 0.1, values: 5000 },
      { rate: 0.3, values: 3000 },
    ]);
    const watch = startProposeConfirm({ within: 3000, confirmer: { every: 7999 } });
    const kinds = errors.map((error) => watch.update(error).kind);
    expect(new Set(kinds.slice(5500, 7998))).toEqual(new Set(['warning']));
    expect(kinds[7999]).toBe('none');
  });

  it('goes on from what was stored as if it had never stopped', () => {
    const errors = bernoulli(8, [
      { rate: 0.2, values: 3000 },
      { rate: 0.4, values: 3000 },
    ]);
    const whole = startProposeConfirm();
    const expected = errors.map((error) => whole.update(error));
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 2500, max: 4000 }), { maxLength: 5 }), (stops) => {
        let watch = startProposeConfirm();
        const verdicts = errors.map((error, index) => {
          if (stops.includes(index)) watch = resumeProposeConfirm(JSON.parse(JSON.stringify(watch.store())));
          return watch.update(error);
        });
        expect(verdicts).toEqual(expected);
      }),
      { numRuns: 4 },
    );
  });

  it('refuses what it did not store, and options out of range', () => {
    expect(() => resumeProposeConfirm({})).toThrow(/stored state of the drift verdict/);
    expect(() => startProposeConfirm({ within: 0 })).toThrow(/options of the drift verdict.*within/s);
  });
});

describe('spread errors', () => {
  it('has as many errors as were counted, never two gaps that differ by more than one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(400), (total, some) => {
        const errors = Math.min(some, total);
        const values = [...spreadErrors(errors, total)];
        expect(values).toHaveLength(total);
        expect(values.filter((value) => value === 1)).toHaveLength(errors);
        const at = values.flatMap((value, index) => (value === 1 ? [index] : []));
        const gaps = at.slice(1).map((index, before) => index - at[before]!);
        if (gaps.length > 0) expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
