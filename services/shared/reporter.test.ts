/** Progress is said one at a time, the latest first, and never fails anybody. */
import { expect, it } from 'vitest';
import { type Progress, reportLatest } from './reporter.ts';

function world() {
  const sent: Progress[] = [];
  const failures: unknown[] = [];
  const waits: (() => void)[] = [];
  const state = { fails: false };
  const reporter = reportLatest({
    send: async (progress) => {
      if (state.fails) throw new Error('refused');
      sent.push(progress);
    },
    onFailure: (error) => failures.push(error),
    sleep: () => new Promise<void>((resolve) => waits.push(resolve)),
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const tick = async () => {
    for (const wake of waits.splice(0)) wake();
    await turn();
  };
  return { sent, failures, state, reporter, tick, turn };
}

const at = (percentage: number): Progress => ({ percentage, phase: 'learning' });

it('sends the first at once, and then after each pause the latest', async () => {
  const { reporter, sent, tick, turn } = world();
  reporter.report(at(1));
  await turn();
  reporter.report(at(2));
  reporter.report(at(3));
  await turn();
  expect(sent).toEqual([at(1)]);
  await tick();
  expect(sent).toEqual([at(1), at(3)]);
  await tick();
  reporter.report(at(4));
  await turn();
  expect(sent.at(-1)).toEqual(at(4));
});

it('says the last word before it closes', async () => {
  const { reporter, sent, tick, turn } = world();
  reporter.report(at(1));
  await turn();
  reporter.report(at(100));
  const closed = reporter.close();
  await tick();
  await closed;
  expect(sent).toEqual([at(1), at(100)]);
});

it('tells of a failure once in a row', async () => {
  const { reporter, failures, state, tick, turn } = world();
  state.fails = true;
  for (const percentage of [1, 2, 3]) {
    reporter.report(at(percentage));
    await turn();
    await tick();
  }
  expect(failures).toHaveLength(1);
  state.fails = false;
  reporter.report(at(4));
  await turn();
  await tick();
  state.fails = true;
  reporter.report(at(5));
  await turn();
  expect(failures).toHaveLength(2);
});
