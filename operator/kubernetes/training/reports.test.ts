/** Reports are written by pods, and read with care. */
import { expect, it } from 'vitest';
import { clearing, progressIn, verdictIn, type Report } from './reports.ts';

const report = (data: Record<string, string>): Report => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'shop-trainer-report' },
  data,
});

it('is of one run, in whole percent between nothing and all', () => {
  const progress = (progressPercentage: string, runId = 'r') =>
    progressIn(report({ runId, phase: 'fitting', progressPercentage }), 'r')?.percentage;
  expect([progress('40'), progress('40.6'), progress('-3'), progress('400')]).toEqual([40, 41, 0, 100]);
  expect([progress('much'), progress('NaN'), progress('40', 'another')]).toEqual([undefined, undefined, undefined]);
  expect(progressIn(undefined, 'r')).toBeUndefined();
  expect(progressIn(report({}), 'r')).toBeUndefined();
  expect(progressIn(report({ runId: 'r', progressPercentage: '1', phase: 'x'.repeat(999) }), 'r')!.phase).toHaveLength(
    200,
  );
});

it('is a verdict with an id, a detector, a feature and a score', () => {
  const good = { id: '7', detector: 'HDDM_A', feature: 'views7d', score: 0.4 };
  const verdict = (value: unknown) => verdictIn(report({ verdict: JSON.stringify(value) }));
  expect(verdict(good)).toEqual(good);
  expect(verdict({ ...good, changedAt: 7 })).toEqual({ ...good, changedAt: 7 });
  for (const change of [
    { id: '' },
    { id: 7 },
    { id: 'x'.repeat(65) },
    { detector: undefined },
    { score: '0.4' },
    { changedAt: 'then' },
    { changedAt: 1e300 },
    { changedAt: -1 },
  ])
    expect(verdict({ ...good, ...change })).toBeUndefined();
  for (const text of ['', 'drift', 'null', '[]']) expect(verdictIn(report({ verdict: text }))).toBeUndefined();
  expect(verdictIn(undefined)).toBeUndefined();
});

it('clears the entries of all pods, and asks for nothing where there are none', () => {
  expect(clearing(report({ 'shop-serving-a': '[]', 'shop-serving-b': '' }))).toEqual({
    'shop-serving-a': null,
    'shop-serving-b': null,
  });
  expect(clearing(report({}))).toBeUndefined();
  expect(clearing(undefined)).toBeUndefined();
});
