/** The windows of histories that one epoch goes through, in a seeded order. */
import { nextUpTo } from '../statistics/mersenne-twister.ts';
import { profileCount, type Sequences } from '../sequences.ts';
import { randomAt } from './random.ts';

export interface Windows {
  /** Of each window: its steps lie at from … to, its profile ends at `end`. In the order of the epoch. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly end: Uint32Array;
}

/** A history longer than `length` is cut into several windows, elsewhere in each epoch. */
export function windowsOf({ starts }: Sequences, length: number, seed: number, epoch: number): Windows {
  const random = randomAt(seed, epoch);
  const cuts: [from: number, to: number, end: number][] = [];
  for (let profile = 0; profile + 1 < starts.length; profile++) {
    const [start, end] = [starts[profile]!, starts[profile + 1]!];
    // A single step has nothing after it.
    if (end - start < 2) continue;
    const shift = end - start > length ? nextUpTo(random, length - 1) : 0;
    for (let to = end - shift; to > start; to -= length) cuts.push([Math.max(start, to - length), to, end]);
    if (shift > 0) cuts.push([end - shift, end, end]);
  }
  for (let at = cuts.length - 1; at > 0; at--) {
    const other = nextUpTo(random, at);
    [cuts[at], cuts[other]] = [cuts[other]!, cuts[at]!];
  }
  const column = (place: 0 | 1 | 2): Uint32Array => Uint32Array.from(cuts, (cut) => cut[place]);
  return { from: column(0), to: column(1), end: column(2) };
}

/** The longest history, at most `most`, at least 1: no batch needs to be wider. */
export function longestHistory(sequences: Sequences, most: number): number {
  let longest = 1;
  for (let profile = 0; profile < profileCount(sequences); profile++)
    longest = Math.max(longest, sequences.starts[profile + 1]! - sequences.starts[profile]!);
  return Math.min(most, longest);
}
