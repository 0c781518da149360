/** The histories that models learn from: all profiles' item steps, in order of time, in typed arrays. */

export interface Sequences {
  /** Profile p's steps lie at starts[p] … starts[p + 1]; length profiles + 1. */
  readonly starts: Uint32Array;
  /** ItemIndex index of each step. */
  readonly items: Uint32Array;
  /** Milliseconds since 1970, ascending in a profile. */
  readonly times: Float64Array;
  /** 1 where the step is an event that the model is to predict. */
  readonly targets: Uint8Array;
  /** Bit i: the event counts for label i of the model's ranker. Absent where it has none. */
  readonly labels?: Uint8Array | undefined;
}

export function profileCount(sequences: Sequences): number {
  return sequences.starts.length - 1;
}

/** The first `lengthOf(profile)` steps of each profile; profiles keep their index. */
export function truncateSequences(sequences: Sequences, lengthOf: (profile: number) => number): Sequences {
  const profiles = profileCount(sequences);
  const starts = new Uint32Array(profiles + 1);
  for (let profile = 0; profile < profiles; profile++) starts[profile + 1] = starts[profile]! + lengthOf(profile);
  const count = starts[profiles]!;
  const cut = {
    starts,
    items: new Uint32Array(count),
    times: new Float64Array(count),
    targets: new Uint8Array(count),
    ...(sequences.labels && { labels: new Uint8Array(count) }),
  };
  for (let profile = 0; profile < profiles; profile++) {
    const from = sequences.starts[profile]!;
    const to = from + starts[profile + 1]! - starts[profile]!;
    cut.items.set(sequences.items.subarray(from, to), starts[profile]!);
    cut.times.set(sequences.times.subarray(from, to), starts[profile]!);
    cut.targets.set(sequences.targets.subarray(from, to), starts[profile]!);
    if (sequences.labels) cut.labels?.set(sequences.labels.subarray(from, to), starts[profile]!);
  }
  return cut;
}

/** Steps by item. */
export function countSteps(sequences: Sequences, items: number): Float64Array {
  const counts = new Float64Array(items);
  for (const item of sequences.items) counts[item]!++;
  return counts;
}

/** Target events by item: the popularity of each. */
export function countTargets(sequences: Sequences, items: number): Float64Array {
  const counts = new Float64Array(items);
  for (let step = 0; step < sequences.items.length; step++)
    if (sequences.targets[step]) counts[sequences.items[step]!]!++;
  return counts;
}
