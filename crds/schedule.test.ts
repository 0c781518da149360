/** Ticks of schedules, clocks that jump included. */
import { expect, it } from 'vitest';
import { lastTick, nextTick, scheduleProblem } from './schedule.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const berlin = (schedule: string) => ({ schedule, timeZone: 'Europe/Berlin' });

it.each([
  ['a moment before', '0 3 * * *', '2026-01-02T02:59:59.999Z', '2026-01-01T03:00:00.000Z'],
  ['that very moment', '0 3 * * *', '2026-01-02T03:00:00.000Z', '2026-01-02T03:00:00.000Z'],
  ['a moment after', '0 3 * * *', '2026-01-02T03:00:00.001Z', '2026-01-02T03:00:00.000Z'],
  ['by the weekday', '30 4 * * MON', '2026-01-01T00:00:00.000Z', '2025-12-29T04:30:00.000Z'],
  ['long ago', '0 0 29 2 *', '2026-01-01T00:00:00.000Z', '2024-02-29T00:00:00.000Z'],
])('the last tick, %s', (_, schedule, now, expected) => {
  expect(iso(lastTick({ schedule }, at(now)))).toBe(expected);
});

it('follows the clock of the place, also where that jumps', () => {
  expect(iso(lastTick(berlin('0 3 * * *'), at('2026-01-02T12:00:00Z')))).toBe('2026-01-02T02:00:00.000Z');
  expect(iso(lastTick(berlin('0 3 * * *'), at('2026-07-02T12:00:00Z')))).toBe('2026-07-02T01:00:00.000Z');
  // 02:30 does not exist on 29 March 2026, and comes twice on 25 October.
  const spring = nextTick(berlin('30 2 * * *'), at('2026-03-28T12:00:00Z'));
  expect(iso(spring)!.slice(0, 10)).toBe('2026-03-29');
  const first = nextTick(berlin('30 2 * * *'), at('2026-10-24T12:00:00Z'))!;
  expect(nextTick(berlin('30 2 * * *'), first)! - first).toBeGreaterThan(23 * 3_600_000);
});

it.each([
  ['0 3 * * *', undefined, undefined],
  ['*/5 8-18 * * MON-FRI', 'America/New_York', undefined],
  ['0 24 * * *', undefined, 'schedule'],
  ['0 3 31 2 *', undefined, 'schedule'],
  ['often', undefined, 'schedule'],
  ['0 0 3 * * *', undefined, 'schedule'],
  ['0 3 * * *', 'Europe/Bielefeld', 'timeZone'],
])('%s in %s: %s', (schedule, timeZone, problem) => {
  expect(scheduleProblem({ schedule, timeZone })).toBe(problem);
});
