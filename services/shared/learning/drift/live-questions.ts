/** The questions of a hold-out, put as a model in service is asked: event by event, of what the history does not have. Pure. */
import { Draw, lotOf } from '../point-in-time/draw.ts';
import type { Sequences } from '../sequences.ts';

/** Numbers of the catalogue; those of its size or more are of items that no model knows. */
export interface LiveQuestion {
  /** By which it is drawn: the same of the same step, whoever has it. */
  readonly lot: number;
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
}

/** At most so many settle the sketches of the answers. */
const mostQuestions = 3000;
const seed = 1;

/** Draws from several sets of profiles as it would from all of them in one. */
export class LiveQuestions {
  readonly #drawn = new Draw<LiveQuestion>(mostQuestions);

  ask({ sequences, from, length }: HoldOutSteps): void {
    const { starts, items, times, targets } = sequences;
    for (let profile = 0; profile + 1 < starts.length; profile++) {
      const start = starts[profile]!;
      for (let step = start + 1; step < starts[profile + 1]!; step++) {
        if (times[step]! < from || !targets[step]) continue;
        const [first, target] = [Math.max(start, step - length), items[step]!];
        const lot = lotOf(seed, `${times[step]} ${target} ${items[step - 1]}`);
        const history = items.subarray(first, step);
        if (!history.includes(target)) this.take({ lot, history: [...history], target });
      }
    }
  }

  take(question: LiveQuestion): void {
    if (this.#drawn.admits(question.lot)) this.#drawn.offer(question);
  }

  /** In no order that means anything. */
  values(): LiveQuestion[] {
    return [...this.#drawn.values()];
  }
}
