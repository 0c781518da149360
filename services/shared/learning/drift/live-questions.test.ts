import { expect, it } from 'vitest';
import { LiveQuestions } from './live-questions.ts';

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

const ask = (sequences: ReturnType<typeof sequencesOf>) => {
  const questions = new LiveQuestions();
  questions.ask({ sequences, from: 100, length: 3 });
  return questions.values();
};
const plain = (sequences: ReturnType<typeof sequencesOf>) =>
  ask(sequences)
    .map(({ history, target }) => ({ history, target }))
    .toSorted((a, b) => a.history.length - b.history.length || a.history[0]! - b.history[0]! || a.target - b.target);

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
  expect(plain(sequences)).toEqual([
    { history: [7, 8], target: 1 },
    { history: [1, 2, 3], target: 4 },
    { history: [7, 8, 1], target: 2 },
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
  expect(
    plain(sequences)
      .map(({ target }) => target)
      .toSorted((a, b) => a - b),
  ).toEqual([1, 2, 3, 4]);
  expect(plain(sequences)).toContainEqual({ history: [2, 3, 4], target: 1 });
});

it('draws from parts what it draws from all', () => {
  const profiles = Array.from({ length: 20 }, (_, profile) =>
    Array.from({ length: 250 }, (__, at): [number, number, 1] => [(at * 7 + profile) % 1000, 100 + at, 1]),
  );
  const whole = ask(sequencesOf(profiles));
  expect(whole).toHaveLength(3000);
  const parts = new LiveQuestions();
  for (const question of ask(sequencesOf(profiles.slice(7)))) parts.take(question);
  parts.ask({ sequences: sequencesOf(profiles.slice(0, 7)), from: 100, length: 3 });
  const sorted = (some: readonly { lot: number; history: readonly number[]; target: number }[]) =>
    some.toSorted((a, b) => a.lot - b.lot || a.history[0]! - b.history[0]!);
  expect(sorted(parts.values())).toEqual(sorted(whole));
});
