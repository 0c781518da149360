import { expect, it } from 'vitest';
import { answerSeconds } from '../../../services/shared/trial-figures.ts';
import { trialFiguresIn } from './trial-report.ts';

const arm = (answers: number, errors = 0) => ({
  answers,
  errors,
  seconds: Array.from({ length: answerSeconds.length + 1 }, (_, at) => (at === 0 ? answers : 0)),
});
const report = (generation: number, canary: unknown, model = 'm') =>
  JSON.stringify([{ model, generation, canary, stable: arm(100) }]);

it('adds up what the pods have counted of one trial', () => {
  const data = {
    a: report(2, arm(5, 1)),
    b: report(2, arm(7, 2)),
    old: report(1, arm(50)),
    other: report(2, arm(9), 'x'),
  };
  expect(trialFiguresIn(data, 'm', 2)).toEqual({ model: 'm', generation: 2, canary: arm(12, 3), stable: arm(200) });
  expect(trialFiguresIn(data, 'm', 3)).toBeUndefined();
  expect(trialFiguresIn(undefined, 'm', 2)).toBeUndefined();
});

it('takes anything else for nothing', () => {
  const bad = ['', '{]', 'null', '7', report(2, { ...arm(1), answers: -1 }), report(2, { ...arm(1), seconds: [1] })];
  for (const text of bad) expect(trialFiguresIn({ bad: text }, 'm', 2)).toBeUndefined();
  expect(trialFiguresIn({ bad: bad[1]!, good: report(2, arm(1)) }, 'm', 2)?.canary).toEqual(arm(1));
});
