import { expect, it, vi } from 'vitest';
import type { TrialFigures } from '../shared/trial-figures.ts';
import { startTrialReport } from './trial-report.ts';

const figures = (answers: number): TrialFigures => {
  const arm = { answers, errors: 0, seconds: [answers] };
  return { model: 'm', generation: 2, canary: arm, stable: arm };
};

it('tells what is new, again after a failure, and of each failure in a row once', async () => {
  const sent: number[] = [];
  const failures: unknown[] = [];
  let counted: TrialFigures[] = [];
  let away = false;
  const report = startTrialReport({
    read: () => counted,
    send: async ([first]) => {
      if (away) throw new Error('away');
      sent.push(first!.canary.answers);
    },
    onFailure: (error) => failures.push(error),
    everyMs: 1,
  });
  counted = [figures(1)];
  await vi.waitFor(() => expect(sent).toEqual([1]));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(sent).toEqual([1]);
  away = true;
  counted = [figures(2)];
  await vi.waitFor(() => expect(failures).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 20));
  away = false;
  await vi.waitFor(() => expect(sent).toEqual([1, 2]));
  expect(failures).toHaveLength(1);
  await report.close();
});
