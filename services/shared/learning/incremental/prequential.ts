/**
 * Questions that the events themselves ask a model that has not seen them: before a basket is added to the sums, would the
 * model have ranked its items high? Drawn by hash, at most so many, so that memory does not grow with the events.
 */
import { Draw, lotOf } from '../point-in-time/draw.ts';
import type { Queries } from '../split.ts';
import type { Sequences } from '../sequences.ts';
import type { Sums } from './sums.ts';
import type { Step } from './steps.ts';

interface Question {
  readonly lot: number;
  readonly time: number;
  /** Items of the history that is scored, oldest first; before them those that were seen longer ago. */
  readonly history: readonly number[];
  readonly asked: { readonly item: number; readonly target: boolean }[];
}

export interface Asked {
  readonly sequences: Sequences;
  readonly queries: Queries;
}

export class Prequential {
  readonly #sums: Sums;
  readonly #drawn: Draw<Question>;
  /** By person: the question whose basket may not be over. */
  readonly #open = new Map<number, Question>();
  #baskets = 0;

  constructor(sums: Sums, capacity: number) {
    this.#sums = sums;
    this.#drawn = new Draw(capacity);
  }

  /** Baskets that could have been asked about. */
  get baskets(): number {
    return this.#baskets;
  }

  /** To be told of each step before it is added. */
  readonly before = (person: number, step: Step): void => {
    const { newestTime: newest, length } = this.#sums.histories.of(person);
    if (newest === step.time) this.#open.get(person)?.asked.push(step);
    // Without a history every model answers popularity; what is late is no question of its time.
    else if (newest < step.time && length > 0) this.#ask(person, step);
  };

  /** Those of earlier times first: `share` of them, for choosing, and the others. `indexOf`: of an item that the model knows. */
  split(share: number, indexOf: (item: number) => number): readonly [Asked, Asked] {
    const ordered = this.#drawn.values().toSorted((a, b) => a.time - b.time || a.lot - b.lot);
    const at = Math.round(ordered.length * share);
    return [asSequences(ordered.slice(0, at), indexOf), asSequences(ordered.slice(at), indexOf)];
  }

  #ask(person: number, step: Step): void {
    this.#baskets++;
    this.#open.delete(person);
    const lot = lotOf(1, `${step.time} ${step.hi} ${step.lo}`);
    if (!this.#drawn.admits(lot)) return;
    const question = { lot, time: step.time, history: this.#historyOf(person), asked: [step] };
    this.#drawn.offer(question);
    this.#open.set(person, question);
  }

  #historyOf(person: number): number[] {
    const history = this.#sums.histories.of(person);
    const newest = Array.from({ length: history.length }, (_, place) => history.itemAt(place));
    // Where nothing was dropped these are all the items that were seen.
    return history.isCut ? [...history.items.values(), ...newest] : newest;
  }
}

/** Each question as a profile of its own. */
function asSequences(questions: readonly Question[], indexOf: (item: number) => number): Asked {
  const lengths = questions.map(({ history, asked }) => history.length + asked.length);
  const starts = new Uint32Array(questions.length + 1);
  lengths.forEach((length, at) => (starts[at + 1] = starts[at]! + length));
  const count = starts.at(-1)!;
  const sequences = {
    starts,
    items: new Uint32Array(count),
    times: new Float64Array(count),
    targets: new Uint8Array(count),
  };
  const at = new Uint32Array(questions.length);
  questions.forEach(({ history, asked, time }, index) => {
    const start = starts[index]!;
    at[index] = start + history.length;
    sequences.items.set([...history.map(indexOf), ...asked.map(({ item }) => indexOf(item))], start);
    sequences.times.fill(time - 1, start, at[index]).fill(time, at[index], starts[index + 1]);
    asked.forEach(({ target }, place) => (sequences.targets[at[index]! + place] = target ? 1 : 0));
  });
  return { sequences, queries: { start: starts.slice(0, -1), at, end: starts.slice(1) } };
}
