/** Keeps the counters of sequential rules equal to what all steps in order say, as steps come, some of them late. */
import { shareAt } from '../sequential-rules.ts';
import type { PairCounts } from '../pair-counts.ts';
import type { Step } from './steps.ts';

/** A list of steps as far as it is known, oldest first. */
export interface Line {
  readonly length: number;
  itemAt(place: number): number;
  isTarget(place: number): boolean;
}

export const lineOfSteps = (steps: readonly Step[]): Line => ({
  length: steps.length,
  itemAt: (place) => steps[place]!.item,
  isTarget: (place) => steps[place]!.target,
});

export class PairSums {
  readonly counts: PairCounts;
  readonly window: number;
  /** By distance; beyond the window nothing. */
  readonly #shares: Float64Array;

  constructor(counts: PairCounts, window: number) {
    this.counts = counts;
    this.window = window;
    this.#shares = Float64Array.from({ length: window + 2 }, (_, at) => (at > 0 && at <= window ? shareAt(at) : 0));
  }

  /** Before `step` comes in at `place`: what stands apart by one more from then on, and its own pairs. */
  insert(line: Line, place: number, step: Step): void {
    const { window } = this;
    const from = Math.max(0, place - window);
    const to = Math.min(line.length, place + window);
    for (let j = place; j < to; j++) {
      if (!line.isTarget(j)) continue;
      for (let i = Math.max(0, j - window); i < place; i++) this.#part(line.itemAt(i), line.itemAt(j), j - i);
      if (j + 1 - place <= window) this.#add(step.item, line.itemAt(j), this.#shares[j + 1 - place]!);
    }
    if (step.target) for (let i = from; i < place; i++) this.#add(line.itemAt(i), step.item, this.#shares[place - i]!);
  }

  /** All pairs of a line, `sign` times: 1 or -1. */
  addAll(line: Line, sign: number): void {
    for (let j = 1; j < line.length; j++) {
      if (!line.isTarget(j)) continue;
      for (let i = Math.max(0, j - this.window); i < j; i++)
        this.#add(line.itemAt(i), line.itemAt(j), sign * this.#shares[j - i]!);
    }
  }

  #part(before: number, target: number, distance: number): void {
    this.#add(before, target, this.#shares[distance + 1]! - this.#shares[distance]!);
  }

  #add(before: number, target: number, share: number): void {
    if (before !== target) this.counts.add(before, target, share);
  }
}
