import { expect, it } from 'vitest';
import { type Condition, cut, findCondition, removeCondition, setCondition } from './conditions.ts';

const noon = Date.UTC(2026, 0, 2, 12, 0, 0, 999);
const ready = {
  type: 'Ready',
  status: 'True',
  reason: 'AllReady',
  message: 'all is well',
  observedGeneration: 1,
} as const;

it('adds a condition with the time, in whole seconds', () => {
  expect(setCondition([], ready, noon)).toEqual([{ ...ready, lastTransitionTime: '2026-01-02T12:00:00Z' }]);
});

it('gives the very same array back when nothing differs', () => {
  const before = setCondition([], ready, noon);
  expect(setCondition(before, { ...ready }, noon + 60_000)).toBe(before);
});

it('keeps the time when only reason, message or generation change, and moves it with the status', () => {
  const before = setCondition([{ ...ready, type: 'Other', lastTransitionTime: 'x' }], ready, noon);
  const reworded = setCondition(before, { ...ready, message: 'still well', observedGeneration: 2 }, noon + 60_000);
  expect(reworded[1]).toEqual({
    ...ready,
    message: 'still well',
    observedGeneration: 2,
    lastTransitionTime: before[1]!.lastTransitionTime,
  });
  const failed = setCondition(reworded, { ...ready, status: 'False' }, noon + 60_000);
  expect(failed[1]!.lastTransitionTime).toBe('2026-01-02T12:01:00Z');
  expect(failed.map(({ type }) => type)).toEqual(['Other', 'Ready']);
  expect(before[1]!.status).toBe('True');
});

it('cuts a message at 1,024 characters, and the cut one equals itself', () => {
  const long = { ...ready, message: 'x'.repeat(2000) };
  const before = setCondition([], long, noon);
  expect(before[0]!.message).toHaveLength(1024);
  expect(setCondition(before, long, noon)).toBe(before);
});

it('never leaves half a character', () => {
  expect(cut('ab😀cd', 4)).toBe('ab…');
  expect(cut('abcd', 4)).toBe('abcd');
});

it('finds and removes', () => {
  const conditions: readonly Condition[] = setCondition([], ready, noon);
  expect(findCondition(conditions, 'Ready')).toBe(conditions[0]);
  expect(removeCondition(conditions, 'Ready')).toEqual([]);
  expect(removeCondition(conditions, 'Other')).toBe(conditions);
});
