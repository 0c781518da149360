import { expect, it } from 'vitest';
import { followingSteps, markOf, type MarkKind } from './marks.ts';

const line = (entry: object): string => JSON.stringify({ level: 30, time: 1000, ...entry });

it('reads each step from the logs', () => {
  const verdict = { detector: 'HDDM_A+ADWIN', feature: 'quality', score: 0.8, before: 0.5, changedAt: 61_000 };
  expect(markOf(line({ msg: 'drift', verdict }))).toEqual({
    time: 1000,
    kind: 'verdict',
    text: 'HDDM_A+ADWIN of quality: misses went from 50% to 80%, since about 00:01:01',
  });
  expect(markOf(line({ msg: 'drift', verdict: { detector: 'PSI', feature: 'item.rank', score: 0.456 } }))?.text).toBe(
    'PSI of item.rank: is 0.46',
  );
  expect(markOf(line({ msg: 'training', trigger: 'Drift', since: 61_000 }))).toMatchObject({
    kind: 'training',
    text: 'Drift, from what came since 00:01:01',
  });
  expect(markOf(line({ msg: 'candidate judged', version: 'b-2', verdict: 'Passed', reasons: ['good'] }))).toMatchObject(
    {
      kind: 'gate',
      text: 'Passed: b-2: good',
    },
  );
  const announced = { msg: 'model announced', version: 'b-2' };
  expect(markOf(line({ ...announced, canaryPercent: 30 }))).toMatchObject({ kind: 'canary' });
  expect(markOf(line({ ...announced, canaryPercent: 100 }))).toMatchObject({ kind: 'active', version: 'b-2' });
  const back = 'b-1 is being announced: b-2 was taken back while it was on trial: too slow.';
  expect(markOf(line({ msg: back }))).toMatchObject({ kind: 'rollback', text: back });
});

it('passes over everything else', () => {
  expect(markOf(line({ msg: 'training ended' }))).toBeUndefined();
  expect(markOf('no JSON')).toBeUndefined();
  expect(markOf('{}')).toBeUndefined();
  expect(markOf(line({ msg: 'constructor' }))).toBeUndefined();
});

it('follows a model that was trained since the drift, and none that was on its way before', () => {
  const at = Date.parse('2026-01-01T00:01:00Z');
  const mark = (second: number, kind: MarkKind, text = '') => ({ time: at + 1000 * second, kind, text });
  const [old, young] = ['blend-20260101T000055-aaaa1111 answers', 'blend-20260101T000110-bbbb2222 answers'];
  const marks = [
    mark(-20, 'training', 'Growth'),
    mark(0, 'change'),
    mark(4, 'verdict'),
    mark(5, 'training', 'Drift'),
    mark(6, 'gate', old),
    mark(7, 'canary', old),
    mark(8, 'active', old),
    mark(9, 'gate', young),
    mark(10, 'canary', young),
  ];
  expect(followingSteps(marks).map(({ time }) => (time - at) / 1000)).toEqual([0, 4, 5, 9, 10]);
});
