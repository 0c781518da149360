import { expect, it } from 'vitest';
import { exitCodeOf } from '../services/shared/errors.ts';
import { settle } from './start.ts';

const waiting = { profiles: 1, lag: 0, model: undefined, firstRecommendationMs: undefined, failedTrainings: 0 };
const never = new AbortController().signal;

it('gives up once when training has failed three times in a row, and says where to look', async () => {
  let failedTrainings = 0;
  const progress = { read: async () => ({ ...waiting, failedTrainings: failedTrainings++ }) };
  const error: unknown = await settle(progress, { once: true, data: 'd' }, never).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ message: expect.stringContaining('trainer.log') as string });
  expect(exitCodeOf(error)).toBe(69);
  expect(failedTrainings).toBe(4);
});

it('waits on for a model while a person may mend the training', async () => {
  let reads = 0;
  const read = async () => {
    const model = reads++ > 2 ? { model: 'm', firstRecommendationMs: 1 } : {};
    return { ...waiting, failedTrainings: 9, ...model };
  };
  expect(await settle({ read }, { data: 'd' }, never)).toMatchObject({ model: 'm' });
});
