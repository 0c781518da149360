import { expect, it } from 'vitest';
import type { TrainingSet } from '../event-table.ts';
import { ItemIndex } from '../item-index.ts';
import { alone, type Team } from '../team.ts';
import { gatherData } from './gather-data.ts';

/** Profile p has p + 1 steps, of its own items and times. */
function setOf(profiles: readonly number[]): TrainingSet {
  const steps = profiles.flatMap((profile) => Array.from({ length: profile + 1 }, (_, at) => 10 * profile + at));
  const starts = profiles.reduce((all, profile) => [...all, all.at(-1)! + profile + 1], [0]);
  return {
    items: new ItemIndex(Array.from({ length: 50 }, (_, item) => `i${item}`)),
    popularity: new Float64Array(50),
    attributes: [{ category: 'c' }],
    sequences: {
      starts: Uint32Array.from(starts),
      items: Uint32Array.from(steps),
      times: Float64Array.from(steps),
      targets: Uint8Array.from(steps, (step) => step % 2),
      labels: Uint8Array.from(steps, (step) => step % 3),
    },
    owners: Uint32Array.from(profiles.flatMap((profile) => [(profile * 7) % 4, 100 - profile])),
    totals: { events: steps.length, profiles: profiles.length },
  };
}

it('gives the first worker the same histories in the same order, however profiles are shared', async () => {
  const whole = setOf([0, 1, 2, 3, 4]);
  const one = await gatherData(whole.sequences, whole, { team: alone, step: 's' });
  const sent: Uint8Array[] = [];
  const worker = (index: number): Team => ({
    ...alone,
    size: 2,
    index,
    sendToFirst: async (step, encode, take) => {
      expect(step).toBe('s.histories');
      if (index === 0) sent.forEach(take);
      else sent.push(encode());
    },
  });
  const [own, others] = [setOf([3, 1]), setOf([4, 0, 2])];
  await gatherData(others.sequences, others, { team: worker(1), step: 's' });
  const together = await gatherData(own.sequences, own, { team: worker(0), step: 's' });
  expect(together.train).toEqual(one.train);
  expect([...one.train.items].toSorted((a, b) => a - b)).toEqual([...whole.sequences.items]);
  expect(one.train.starts).toHaveLength(6);
});
