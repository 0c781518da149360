/** When a change came, by the best estimate, and what must not be taken for another one. */
import { describe, expect, it } from 'vitest';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import type { BlockSummary } from './block-summary.ts';
import { startMonitor } from './monitor.ts';
import { addPaired } from './paired-counts.ts';
import { withPassed } from './passed-blocks.ts';
import { startProposeConfirm } from './propose-confirm.ts';

const second = 1000;
const blockMs = 10 * second;

/** A thousand questions of one partition, the last of them ten seconds after those of the block before. */
function block(at: number, hits: number): BlockSummary {
  const quality = { questions: 1000, hits, popularityHits: 0 };
  const of = { model: 'm', version: 'v1', digest: 'a', generation: 1, sampled: 1000, quality, inputs: {} };
  const place = { partition: 0, from: at * 1000, to: at * 1000 + 999, timestamp: (at + 1) * blockMs };
  return { format: 1, ...place, events: 1000, models: [of] };
}

it('a change that is found early in a block came where the block began, not where it ended', () => {
  const monitor = startMonitor({ inputs: {}, models: ['m'] });
  const summaries = [...Array.from({ length: 4 }, (_, at) => block(at, 400)), block(4, 0)];
  const [verdict] = summaries.flatMap((summary, offset) => monitor.apply(summary, offset, () => undefined));
  expect(verdict).toMatchObject({ id: '4', time: 5 * blockMs });
  expect(Math.abs(verdict!.changedAt! - 4 * blockMs)).toBeLessThan(second);
});

it('time does not go back where the blocks of several partitions come in another order', () => {
  const counts = { questions: 1, sampled: 1 };
  const passed = [2000, 1500, 3000].reduce<ReturnType<typeof withPassed>>(
    (before, to) => withPassed(before, { ...counts, to }),
    [],
  );
  expect(passed.map(({ to }) => to)).toEqual([2000, 2000, 3000]);
});

it('a proposal is closed when quality has become better instead', () => {
  const watch = startProposeConfirm();
  const uniform = seededUniform(2);
  const feed = (rate: number, values: number) =>
    Array.from({ length: values }, () => watch.update(uniform() < rate ? 1 : 0).kind);
  feed(0.1, 1000);
  // Long enough for HDDM_A, too short for ADWIN.
  expect(feed(0.35, 60).at(-1)).toBe('warning');
  expect(feed(0.01, 2000).at(-1)).toBe('none');
});

describe('counts of a trial', () => {
  const one = { version: 'v2', digest: 'b', generation: 2, questions: 3, hits: 1, stableHits: 2 };

  it('add up, and are not mixed with those of another artifact', () => {
    expect(addPaired(one, one)).toEqual({ ...one, questions: 6, hits: 2, stableHits: 4 });
    expect(addPaired(one, { ...one, digest: 'c' })).toEqual(one);
    expect(addPaired(one, { ...one, generation: 1 })).toEqual(one);
    expect(addPaired(one, { ...one, generation: 3, digest: 'c' })).toMatchObject({ generation: 3, digest: 'c' });
  });
});
