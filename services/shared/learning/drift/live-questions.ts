/** The questions of a hold-out, put as a model in service is asked: event by event, of what the history does not have. Pure. */
import { sample } from '../gate/hold-out.ts';
import type { Sequences } from '../sequences.ts';

/** Numbers of the catalogue; those of its size or more are of items that no model knows. */
export interface LiveQuestion {
  /** Oldest first; at most as long as the model is told, not empty, without the item asked for. */
  readonly history: readonly number[];
  readonly target: number;
}

interface HoldOutSteps {
  readonly sequences: Sequences;
  /** Milliseconds since 1970: steps from then on are asked for. */
  readonly from: number;
  /** Steps of a history that the model is told of. */
  readonly length: number;
  /** At most so many questions, drawn by `seed` from all. */
  readonly limit: number;
  readonly seed: number;
}

/** Ascending by profile, then by time. */
export function liveQuestions({ sequences, from, length, limit, seed }: HoldOutSteps): LiveQuestion[] {
  const { starts, items, times, targets } = sequences;
  const asked: (readonly [first: number, step: number])[] = [];
  for (let profile = 0; profile + 1 < starts.length; profile++) {
    const start = starts[profile]!;
    for (let step = start + 1; step < starts[profile + 1]!; step++) {
      if (times[step]! < from || !targets[step]) continue;
      const first = Math.max(start, step - length);
      if (!items.subarray(first, step).includes(items[step]!)) asked.push([first, step]);
    }
  }
  return sample(asked.length, limit, seed).map((at) => {
    const [first, step] = asked[at]!;
    return { history: [...items.subarray(first, step)], target: items[step]! };
  });
}
