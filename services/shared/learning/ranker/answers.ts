/** What is foreseen after a step of a history: by the same rules as the hold-out asks. */
import { nextUpTo, type TwisterState } from '../statistics/mersenne-twister.ts';
import { profileCount, type Sequences } from '../sequences.ts';

/** Looks so many steps ahead. */
const reach = 256;

export interface Answers {
  /**
   * Position of the step to foresee after the one at `at`, -1 for none: of the next time at which there is a target item
   * that the history up to `at` does not have, one of these at random.
   */
  targetAfter(at: number, end: number, random: TwisterState): number;
}

export function createAnswers(train: Sequences): Answers {
  const { items, times, targets } = train;
  const first = firstOccurrences(train);
  return {
    targetAfter(at, end, random) {
      const last = Math.min(end, at + reach);
      let chosen = -1;
      let count = 0;
      for (let step = at + 1; step < last; step++) {
        if (times[step] === times[at]) continue;
        if (chosen >= 0 && times[step] !== times[chosen]) break;
        if (!targets[step] || first[step]! <= at) continue;
        count++;
        if (nextUpTo(random, count - 1) === 0) chosen = step;
      }
      return chosen;
    },
  };

  function firstOccurrences(sequences: Sequences): Uint32Array {
    const places = new Uint32Array(items.length);
    for (let profile = 0; profile < profileCount(sequences); profile++) {
      const seen = new Map<number, number>();
      for (let step = sequences.starts[profile]!; step < sequences.starts[profile + 1]!; step++) {
        const known = seen.get(items[step]!);
        places[step] = known ?? step;
        if (known === undefined) seen.set(items[step]!, step);
      }
    }
    return places;
  }
}
