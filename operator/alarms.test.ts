import { describe, expect, it } from 'vitest';
import { promotionSchema } from '../crds/promotion.ts';
import { answerSeconds, type ArmFigures } from '../services/shared/trial-figures.ts';
import { lookAtTrial, raiseAlarm, type AlarmInput } from './alarms.ts';

const limits = promotionSchema.parse({}).alarms;
/** `answers`, each within the bin of this number, of which so many failed. */
function arm(answers: number, { errors = 0, bin = 0 } = {}): ArmFigures {
  const seconds = Array.from({ length: answerSeconds.length + 1 }, (_, at) => (at === bin ? answers : 0));
  return { answers, errors, seconds };
}
const figures = (canary: ArmFigures, stable = arm(1000)): AlarmInput => {
  return { figures: { model: 'm', generation: 2, canary, stable }, quality: undefined, limits };
};
const quality = (hits: number, before: number, questions = 1000): AlarmInput => {
  const arms = { canary: { version: 'b', questions, hits }, stable: { version: 'a', questions, hits: before } };
  return { figures: undefined, quality: arms, limits };
};

describe('an alarm', () => {
  it.each<[string, AlarmInput, RegExp | undefined]>([
    ['of nothing', { figures: undefined, quality: undefined, limits }, undefined],
    ['of a model that does well', figures(arm(1000)), undefined],
    ['of few errors', figures(arm(4, { errors: 4 })), undefined],
    ['of a model that cannot answer', figures(arm(5, { errors: 5 })), /^100.0% of its 5 answers failed, and 0.0% of/],
    ['of an error in a thousand', figures(arm(10_000, { errors: 10 })), undefined],
    ['of as many errors as before', figures(arm(100, { errors: 50 }), arm(100, { errors: 50 })), undefined],
    [
      'of a slow one',
      figures(arm(100, { bin: 6 })),
      /99% of its answers take up to 100 ms, and of the old model's 1 ms/,
    ],
    ['of one that is beyond all bins', figures(arm(100, { bin: answerSeconds.length })), /more than a second/],
    ['of a slow one that has hardly been asked', figures(arm(99, { bin: 6 })), undefined],
    ['of a neighbouring bin', figures(arm(100, { bin: 1 })), undefined],
    ['of one that foresees as much', quality(300, 300), undefined],
    ['of one that foresees less by chance', quality(230, 300), undefined],
    ['of one that foresees nothing', quality(50, 300), /foresaw 5.0% of 1000 next items, and the old model 30.0%/],
    ['of one that was asked too little', quality(0, 90, 99), undefined],
  ])('%s', (_, input, expected) => {
    const raised = raiseAlarm(input);
    if (expected === undefined) expect(raised).toBeUndefined();
    else expect(raised).toMatch(expected);
  });
});

it('what was seen of a trial is what its own model has answered', () => {
  const { figures: counted } = figures(arm(7), arm(90));
  const { quality: asked } = quality(3, 4, 12);
  expect(lookAtTrial({ figures: counted, quality: asked, limits })).toEqual({
    alarm: undefined,
    evidence: { answers: 7, questions: 12 },
  });
  expect(lookAtTrial({ figures: undefined, quality: undefined, limits }).evidence).toEqual({
    answers: 0,
    questions: 0,
  });
});
