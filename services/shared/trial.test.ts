/** Who is on trial. */
import { expect, it } from 'vitest';
import { isOnTrial } from './trial.ts';

const profiles = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);
const share = (percent: number, trial = 'a') =>
  (100 * profiles.filter((profile) => isOnTrial(profile, trial, percent)).length) / profiles.length;

it.each([0, 1, 10, 50, 99, 100])('%s percent of the profiles are', (percent) => {
  // Three standard deviations of a binomial share of 20,000.
  const tolerance = 3 * 100 * Math.sqrt(((percent / 100) * (1 - percent / 100)) / profiles.length);
  expect(Math.abs(share(percent) - percent)).toBeLessThanOrEqual(tolerance);
});

it('always the same ones, and more of them when there are to be more', () => {
  const few = profiles.filter((profile) => isOnTrial(profile, 'a', 10));
  expect(profiles.filter((profile) => isOnTrial(profile, 'a', 10))).toEqual(few);
  expect(few.every((profile) => isOnTrial(profile, 'a', 11))).toBe(true);
});

it('others in another trial', () => {
  const inBoth = profiles.filter((profile) => isOnTrial(profile, 'a', 10) && isOnTrial(profile, 'b', 10));
  expect(inBoth.length / profiles.length).toBeLessThan(0.02);
});

it('never nobody, unless all are', () => {
  expect([isOnTrial(null, 'a', 99), isOnTrial(null, 'a', 100)]).toEqual([false, true]);
});
