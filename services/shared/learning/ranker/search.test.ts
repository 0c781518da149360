import { expect, it } from 'vitest';
import type { RankerFit } from './fit-ranker.ts';
import { search, type Train } from './search.ts';
import { defaultSettings, type RankerSettings } from './settings.ts';

const given: RankerSettings = { ...defaultSettings, epochs: 18, trials: 9 };

/** A trial is worth its number by the end of any rung. */
function counted(value: (trial: number) => number) {
  const asked: [trial: number, epochs: number, settings: RankerSettings][] = [];
  const train: Train = async (trial, settings) => {
    asked.push([trial, settings.epochs, settings]);
    const curve = Array.from({ length: settings.epochs }, (_, at) => ({ loss: 1, ndcg: value(trial) * (at + 1) }));
    return { epochs: settings.epochs, curve } as unknown as RankerFit;
  };
  return { asked, train };
}

it('keeps one trial in three for three times the epochs', async () => {
  const { asked, train } = counted((trial) => trial);
  const found = await search(given, 1, train);
  const rungs = asked.map(([trial, epochs]) => [trial, epochs]);
  expect(rungs).toEqual([...Array.from({ length: 9 }, (_, trial) => [trial, 2]), [8, 6], [7, 6], [6, 6], [8, 18]]);
  expect(found.table).toHaveLength(13);
  expect(found.table.at(-1)).toMatchObject({ trial: 8, rung: 2, epochs: 18, ndcg: 8 * 18 });
  expect(found.settings).toMatchObject({ learningRate: asked[8]![2].learningRate, epochs: 18 });
});

it('draws the same settings for the same seed, around those that are given, which come first', async () => {
  const settingsOf = async (seed: number) => {
    const { asked, train } = counted(() => 1);
    await search(given, seed, train);
    return asked.slice(0, 9).map(([, , settings]) => settings);
  };
  const [one, again, other] = [await settingsOf(1), await settingsOf(1), await settingsOf(2)];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(one[0]).toEqual({ ...given, epochs: 2 });
  for (const { learningRate, negatives } of one) {
    expect(learningRate).toBeGreaterThanOrEqual(given.learningRate / 4);
    expect(learningRate).toBeLessThanOrEqual(given.learningRate * 4);
    expect([128, 256, 512]).toContain(negatives);
  }
});

it('judges a trial that had gone further before by what it was at the end of the rung', async () => {
  const curve = [0.1, 0.2, 0.9].map((ndcg) => ({ loss: 1, ndcg }));
  const ahead = { epochs: 3, curve } as unknown as RankerFit;
  const found = await search({ ...given, epochs: 6, trials: 3 }, 1, () => Promise.resolve(ahead));
  expect(found.table[0]).toMatchObject({ epochs: 2, ndcg: 0.2 });
});

it('trains the given settings alone without a search', async () => {
  const { asked, train } = counted(() => 1);
  const { table, settings } = await search({ ...given, trials: 1 }, 1, train);
  expect([asked.length, table.length, settings]).toEqual([1, 1, { ...given, trials: 1 }]);
});
