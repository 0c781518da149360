/** The questions that a candidate is judged by: what profiles did from a moment on, after all that came before it. Pure. */
import type { ItemIndex } from '../item-index.ts';
import type { HistoryEntry } from '../recommender.ts';
import type { Sequences } from '../sequences.ts';
import { timeSplit, type Queries } from '../split.ts';
import { nextUpTo, startTwister } from '../statistics/mersenne-twister.ts';

export interface GateQuestion {
  /** Tells profiles apart. */
  readonly profile: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Oldest first; at most as long as the models are told. */
  readonly history: readonly HistoryEntry[];
  /** What came, without what the profile had before; not empty. */
  readonly targets: readonly string[];
  /** What the profile had before: no model may recommend it. */
  readonly seen: ReadonlySet<string>;
}

export interface HoldOut {
  readonly sequences: Sequences;
  readonly items: ItemIndex;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Steps of a history that the models are told of. */
  readonly length: number;
  /** At most so many questions. */
  readonly limit: number;
  readonly seed: number;
}

/** In the order of the profiles; where there are more than `limit`, a sample. */
export function askQuestions({ sequences, items, from, length, limit, seed }: HoldOut): GateQuestion[] {
  const { queries } = timeSplit(sequences, { validationFrom: Infinity, testFrom: from }).test;
  const asked: GateQuestion[] = [];
  for (const query of sample(queries.at.length, limit, seed)) {
    const question = questionOf({ sequences, items, length, queries }, query);
    if (question.targets.length > 0) asked.push(question);
  }
  return asked;
}

interface Asking extends Pick<HoldOut, 'sequences' | 'items' | 'length'> {
  readonly queries: Queries;
}

function questionOf({ sequences, items, length, queries }: Asking, query: number): GateQuestion {
  const [start, at, end] = [queries.start[query]!, queries.at[query]!, queries.end[query]!];
  const idAt = (step: number): string => items.ids[sequences.items[step]!]!;
  const seen = new Set<string>();
  for (let step = start; step < at; step++) seen.add(idAt(step));
  const targets = new Set<string>();
  for (let step = at; step < end; step++) if (sequences.targets[step] && !seen.has(idAt(step))) targets.add(idAt(step));
  const history: HistoryEntry[] = [];
  for (let step = Math.max(start, at - length); step < at; step++)
    history.push({ itemId: idAt(step), type: '', time: sequences.times[step]! });
  return { profile: start, time: sequences.times[at]!, history, targets: [...targets], seen };
}

/** `limit` of the numbers below `count`, ascending: by selection sampling (Knuth, algorithm S). */
function sample(count: number, limit: number, seed: number): number[] {
  const chosen: number[] = [];
  const random = startTwister(seed);
  for (let at = 0; at < count; at++) {
    const wanted = Math.min(limit, count) - chosen.length;
    if (nextUpTo(random, count - at - 1) < wanted) chosen.push(at);
  }
  return chosen;
}
