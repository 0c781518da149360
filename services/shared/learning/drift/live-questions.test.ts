import { expect, it } from 'vitest';
import { liveQuestions } from './live-questions.ts';

/** Of each profile the steps as [item, time, is a target]. */
function sequencesOf(profiles: readonly (readonly (readonly [number, number, 0 | 1])[])[]) {
  const steps = profiles.flat();
  const starts = [0];
  for (const profile of profiles) starts.push(starts.at(-1)! + profile.length);
  return {
    starts: Uint32Array.from(starts),
    items: Uint32Array.from(steps, ([item]) => item),
    times: Float64Array.from(steps, ([, time]) => time),
    targets: Uint8Array.from(steps, ([, , target]) => target),
  };
}

const ask = (sequences: ReturnType<typeof sequencesOf>, more: { limit?: number; seed?: number } = {}) =>
  liveQuestions({ sequences, from: 100, length: 3, limit: 1000, seed: 1, ...more });

it('asks for each target from the moment on, given what came before it, those of the same moment included', () => {
  const sequences = sequencesOf([
    [
      [7, 10, 1],
      [8, 20, 1],
      [1, 100, 1],
      [2, 100, 1],
      [3, 110, 0],
      [4, 120, 1],
    ],
  ]);
  expect(ask(sequences)).toEqual([
    { history: [7, 8], target: 1 },
    { history: [7, 8, 1], target: 2 },
    { history: [1, 2, 3], target: 4 },
  ]);
});

it('asks nothing without a history, nor about an item that it has, but for one that it has no more', () => {
  const sequences = sequencesOf([
    [[5, 100, 1]],
    [
      [1, 10, 1],
      [1, 100, 1],
      [2, 110, 1],
      [3, 120, 1],
      [4, 130, 1],
      [1, 140, 1],
    ],
  ]);
  expect(ask(sequences).map(({ target }) => target)).toEqual([2, 3, 4, 1]);
  expect(ask(sequences).at(-1)).toEqual({ history: [2, 3, 4], target: 1 });
});

it('draws a sample by seed, in order', () => {
  const many = sequencesOf([Array.from({ length: 500 }, (_, at): [number, number, 1] => [at, 100 + at, 1])]);
  const drawn = ask(many, { limit: 50 }).map(({ target }) => target);
  expect(drawn).toHaveLength(50);
  expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
  expect(ask(many, { limit: 50 }).map(({ target }) => target)).toEqual(drawn);
  expect(ask(many, { limit: 50, seed: 2 }).map(({ target }) => target)).not.toEqual(drawn);
});
