import { describe, expect, it } from 'vitest';
import { ItemIndex } from '../item-index.ts';
import { judgeHeads } from './judge-heads.ts';
import type { Foreseen, Ranker } from './ranker.ts';

const hour = 3_600_000;
const steps = 12;
const profiles = 40;

/** One step an hour; a profile of an odd number buys at each fourth, and looks at what has its own category alone. */
const isOdd = (profile: number): boolean => profile % 2 === 1;
const place = (profile: number, at: number): number => profile * steps + at;
const all = Array.from({ length: profiles }, (_, profile) =>
  Array.from({ length: steps }, (__, at) => ({ profile, at, isBuy: isOdd(profile) && at % 4 === 3 })),
).flat();
const data = {
  items: new ItemIndex(all.map((_, item) => `i${item}`)),
  attributes: all.map(({ profile }) => ({ category: isOdd(profile) ? 'odd' : 'even' })),
  train: {
    starts: Uint32Array.from({ length: profiles + 1 }, (_, profile) => profile * steps),
    items: Uint32Array.from(all, ({ profile, at }) => place(profile, at)),
    times: Float64Array.from(all, ({ at }) => at * hour),
    targets: Uint8Array.from(all, ({ profile, at }) => (isOdd(profile) || at < 11 ? 1 : 0)),
    labels: Uint8Array.from(all, ({ isBuy }) => (isBuy ? 1 : 0)),
  },
};
const heads = {
  weight: 1,
  propensity: [{ name: 'buys', events: new Set(['purchase']), within: hour }],
  nextCategory: true,
  timeToNext: true,
};
const from = 6 * hour;

/** Says what `of` says of the profile and the step that it is asked after; notes whom it was asked about. */
function rankerOf(of: (profile: number, at: number) => Foreseen) {
  const asked: string[] = [];
  const ranker = {
    shape: { labels: ['buys'], categories: ['odd', 'even'], timeToNext: true },
    foresee: (history: Uint32Array) => {
      const last = history.at(-1)!;
      expect(history.length).toBe((last % steps) + 1);
      asked.push(`${Math.floor(last / steps)}.${last % steps}`);
      return of(Math.floor(last / steps), last % steps);
    },
  } as unknown as Ranker;
  return { ranker, asked };
}

const right = (profile: number, at: number): Foreseen => ({
  propensity: [isOdd(profile) && (at + 1) % 4 === 3 ? 0.9 : 0.1],
  category: { name: isOdd(profile) ? 'odd' : 'even', probability: 1 },
  timeToNext: 1.5 * hour,
});

describe('the heads of a ranker', () => {
  it('are judged on the hold-out alone, by labels whose time has passed', () => {
    const { ranker, asked } = rankerOf(right);
    const figures = judgeHeads(ranker, data, { heads, from });
    expect(asked).toHaveLength(profiles * 6);
    expect(new Set(asked.map((one) => one.split('.')[1]))).toEqual(new Set(['6', '7', '8', '9', '10', '11']));
    // Nobody knows what comes after the last step. Steps 6 and 10 of the odd ones come before a purchase.
    expect(figures['heads.propensity.buys.examples']).toBe(profiles * 5);
    expect(figures['heads.propensity.buys.baseRate']).toBe(0.2);
    expect(figures['heads.propensity.buys.rocAuc']).toBe(1);
    expect(figures['heads.propensity.buys.logLoss']).toBeCloseTo(-Math.log(0.9), 12);
    // Before the hold-out it is step 2, of 0 to 4.
    const [rate, known] = [0.1, 0.2];
    const loss = -known * Math.log(rate) - (1 - known) * Math.log(1 - rate);
    expect(figures['heads.propensity.buys.logLossOfBaseRate']).toBeCloseTo(loss, 12);
  });

  it('are judged by the category and the time of the next target event, beside what is most frequent', () => {
    const figures = judgeHeads(rankerOf(right).ranker, data, { heads, from });
    // The last step of the even ones is no target.
    expect(figures['heads.category.examples']).toBe(20 * 5 + 20 * 4);
    expect(figures['heads.category.accuracy']).toBe(1);
    expect(figures['heads.category.accuracyOfMostFrequent']).toBeCloseTo(80 / 180, 12);
    expect(figures['heads.time.hoursOff']).toBeCloseTo(0.5, 12);
    expect(figures['heads.time.hoursOffOfMedian']).toBe(0);
  });

  it('have no figures where nothing can be told', () => {
    const late = { heads: { ...heads, propensity: [{ ...heads.propensity[0]!, within: 99 * hour }] }, from };
    const never = (profile: number, at: number) => ({ ...right(profile, at), propensity: [0.5] });
    const names = Object.keys(judgeHeads(rankerOf(never).ranker, data, late));
    expect(names.filter((name) => name.endsWith('rocAuc'))).toEqual([]);
    expect(names).toContain('heads.time.hoursOff');
    expect(judgeHeads(rankerOf(right).ranker, data, { heads, from: Infinity })).toEqual({});
  });
});
