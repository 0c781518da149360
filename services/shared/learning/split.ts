/** Splits of sequences for evaluation: what is learned from, and the questions that are asked afterwards. */
import type { CutTimes } from './cut-times.ts';
import { profileCount, truncateSequences, type Sequences } from './sequences.ts';

/** Question q: given the steps start[q] … at[q], which items come in at[q] … end[q]? Positions in the whole sequences. */
export interface Queries {
  readonly start: Uint32Array;
  readonly at: Uint32Array;
  readonly end: Uint32Array;
}

export interface Fold {
  /** What the models of this fold may learn from. */
  readonly train: Sequences;
  readonly queries: Queries;
}

export interface Split {
  /** Chooses the weights. */
  readonly validation: Fold;
  /** Reported; nothing is chosen by it. */
  readonly test: Fold;
}

export const protocols = ['leave-one-out', 'time-split'] as const;
export type Protocol = (typeof protocols)[number];

/**
 * The last target step of each profile is the test and the one before it chooses the weights; what follows either is
 * cut off. Models of a fold learn from what comes before its questions; a profile without a question is learned from
 * as far as the other question allows.
 */
export function leaveOneOut(sequences: Sequences): Split {
  const { starts } = sequences;
  const profiles = Uint32Array.from({ length: profileCount(sequences) }, (_, profile) => profile);
  const tests = profiles.map((profile) => lastTarget(sequences, starts[profile]!, starts[profile + 1]!));
  const validations = profiles.map((profile) => lastTarget(sequences, starts[profile]!, tests[profile]!));
  return {
    validation: singleStepFold(sequences, validations, tests),
    test: singleStepFold(sequences, tests, starts.subarray(1)),
  };
}

/** Position of the last target step in [start, end); `end` if there is none. */
function lastTarget({ targets }: Sequences, start: number, end: number): number {
  for (let step = end - 1; step >= start; step--) if (targets[step]) return step;
  return end;
}

/** Asks for one step of each profile, unless that lies at its end. */
function singleStepFold(sequences: Sequences, steps: Uint32Array, ends: Uint32Array): Fold {
  const train = truncateSequences(sequences, (profile) => steps[profile]! - sequences.starts[profile]!);
  const asked = listQueries();
  steps.forEach((step, profile) => {
    if (step < ends[profile]!) asked.add(sequences.starts[profile]!, step, step + 1);
  });
  return { train, queries: asked.queries() };
}

/**
 * The steps from `testFrom` on are the test, those from `validationFrom` to there choose the weights; steps of one time
 * fall on one side. Each basket (the steps of one profile at one time) is a question about its own items, given
 * everything of the profile before it, the earlier baskets of the same window included.
 */
export function timeSplit(sequences: Sequences, { validationFrom, testFrom }: CutTimes): Split {
  return {
    validation: windowFold(sequences, validationFrom, testFrom),
    test: windowFold(sequences, testFrom, Infinity),
  };
}

function windowFold(sequences: Sequences, from: number, to: number): Fold {
  const { starts, times } = sequences;
  const asked = listQueries();
  const train = truncateSequences(sequences, (profile) => {
    const start = starts[profile]!;
    const end = starts[profile + 1]!;
    let first = start;
    while (first < end && times[first]! < from) first++;
    for (let at = first; at < end && times[at]! < to;) {
      let next = at + 1;
      while (next < end && times[next] === times[at]) next++;
      asked.add(start, at, next);
      at = next;
    }
    return first - start;
  });
  return { train, queries: asked.queries() };
}

/** Collects questions; one without any history before it is none, because every model would answer popularity. */
function listQueries(): { add(start: number, at: number, end: number): void; queries(): Queries } {
  const start: number[] = [];
  const at: number[] = [];
  const end: number[] = [];
  return {
    add(first, from, to) {
      if (from === first) return;
      start.push(first);
      at.push(from);
      end.push(to);
    },
    queries: () => ({ start: Uint32Array.from(start), at: Uint32Array.from(at), end: Uint32Array.from(end) }),
  };
}
