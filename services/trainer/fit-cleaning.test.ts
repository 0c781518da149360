import { expect, it } from 'vitest';
import type { LearnedSteps } from '../../crds/learned-cleaning.ts';
import type { CleanEvent } from '../shared/event.ts';
import { CleaningSums } from '../shared/learning/cleaning/sums.ts';
import { alone, type Team } from '../shared/learning/team.ts';
import { fitCleaning } from './fit-cleaning.ts';

const steps: LearnedSteps = {
  impute: [{ name: 'price', field: 'value', with: 'Mean', by: 'itemId' }],
  scale: [{ name: 'price', field: 'value', method: 'Robust' }],
  outliers: [{ name: 'odd', fields: ['value', 'quantity'], method: 'DBSCAN', action: 'Tag' }],
};

const events = Array.from({ length: 90 }, (_, at): CleanEvent => {
  const time = new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString();
  const own = { id: `e${at}`, type: 'purchase', userId: 'u', profile: 'u', itemId: `i${at % 3}` };
  return { ...own, value: at % 8, quantity: 1 + (at % 4), time, ingestedAt: time, receivedAt: time };
});

function sumsOf(some: readonly CleanEvent[]): CleaningSums {
  const sums = new CleaningSums(steps);
  for (const event of some) sums.add(event);
  return sums;
}

it('adds up at the first worker what each has learned, and only there', async () => {
  const sent: Uint8Array[] = [];
  const worker = (index: number): Team => ({
    ...alone,
    size: 3,
    index,
    sendToFirst: (step, encode, take) => {
      expect(step).toBe('cleaning');
      if (index === 0) sent.forEach((bytes) => take(bytes));
      else sent.push(encode());
      return Promise.resolve();
    },
  });
  const share = (index: number) => sumsOf(events.filter((_, at) => at % 3 === index));
  expect(await fitCleaning(share(1), worker(1))).toBeUndefined();
  expect(await fitCleaning(share(2), worker(2))).toBeUndefined();
  const together = await fitCleaning(share(0), worker(0));
  const whole = (await fitCleaning(sumsOf(events), alone))!;
  expect(together!.scale).toEqual(whole.scale);
  expect(together!.impute[0]).toMatchObject({
    values: 90,
    overall: expect.closeTo(whole.impute[0]!.overall as number, 9),
  });
  expect(new Map(together!.impute[0]!.groups)).toEqual(new Map(whole.impute[0]!.groups));
  expect(together!.outliers[0]).toMatchObject({ values: 90, strangeness: { kind: 'Density' } });
});

it('tells and learns nothing where the spec asks for nothing', async () => {
  const nothing = new CleaningSums({ impute: [], scale: [], outliers: [] });
  const sendToFirst = () => Promise.reject(new Error('nothing is to be sent'));
  expect(await fitCleaning(nothing, { ...alone, sendToFirst })).toBeUndefined();
});
