/** SR, sequential item-item rules: what is bought soon after what (Ludewig & Jannach 2018, with cosine normalisation). */
import { compressRows, joinRows, pruneRows, type Coordinates, type ItemMatrix } from './item-matrix.ts';
import type { PairCounts } from './pair-counts.ts';
import { profileCount, type Sequences } from './sequences.ts';

/** Shares are multiples of this, so that sums of them, up to 2^23, are exact: the same in any order, by any workers. */
const grain = 2 ** -30;
export const shareAt = (distance: number): number => Math.round(1 / distance / grain) * grain;

/**
 * Adds 1/d (to the nearest 2^-30) to c[i][j] for each step i and each target step j that follows it d ≤ window steps later in the same
 * sequence. An item says nothing about itself.
 */
export function countPairs(sequences: Sequences, window: number, counts: PairCounts): void {
  const { starts, targets } = sequences;
  for (let profile = 0; profile < profileCount(sequences); profile++) {
    const start = starts[profile]!;
    const end = starts[profile + 1]!;
    for (let j = start + 1; j < end; j++)
      if (targets[j]) countBefore(sequences.items, Math.max(start, j - window), j, counts);
  }
}

function countBefore(items: Uint32Array, first: number, j: number, counts: PairCounts): void {
  const item = items[j]!;
  for (let i = j - 1; i >= first; i--) if (items[i] !== item) counts.add(items[i]!, item, shareAt(j - i));
}

/** So many rules are worked on at once, so that a fit takes little memory beside the counters. */
const mostAtOnce = 2 ** 20;

export interface RuleOptions {
  /** Entries of each row to keep, the greatest. */
  readonly keep: number;
  /** Number of rows, and by number of an item in the counters its row; absent: those of the counters. */
  readonly size?: number;
  readonly indexOf?: Uint32Array;
  readonly atOnce?: number;
}

/** c[i][j] / √(Σ row i · Σ column j), in compressed rows of 32-bit floats. */
export function fitSequentialRules(counts: PairCounts, options: RuleOptions): ItemMatrix {
  const { keep, size = counts.size, atOnce = mostAtOnce } = options;
  const sums = sumsOf(counts, size, options);
  const parts: ItemMatrix[] = [];
  for (let from = 0, to = 0; from < size; from = to) {
    to = from + 1;
    while (to < size && sums.starts[to + 1]! - sums.starts[from]! <= atOnce) to++;
    parts.push(pruneRows(compressRows(size, rulesBetween(counts, sums, { ...options, from, to })), keep));
  }
  return joinRows(size, parts);
}

/** All of them, before they are stored, in no order. */
export function rulesIn(counts: PairCounts): Coordinates {
  const { size } = counts;
  return rulesBetween(counts, sumsOf(counts, size, {}), { from: 0, to: size });
}

interface RuleSums {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
  /** How many entries the rows before each one have; length size + 1. */
  readonly starts: Uint32Array;
}

type Indexed = Pick<RuleOptions, 'indexOf'>;

function sumsOf(counts: PairCounts, size: number, { indexOf }: Indexed): RuleSums {
  const sums = { rows: new Float64Array(size), columns: new Float64Array(size), starts: new Uint32Array(size + 1) };
  counts.each((i, j, value) => {
    const row = indexOf ? indexOf[i]! : i;
    sums.rows[row]! += value;
    sums.columns[indexOf ? indexOf[j]! : j]! += value;
    sums.starts[row + 1]!++;
  });
  for (let row = 0; row < size; row++) sums.starts[row + 1]! += sums.starts[row]!;
  return sums;
}

interface Between extends Indexed {
  readonly from: number;
  readonly to: number;
}

/** Of rows `from` ≤ row < `to`. */
function rulesBetween(counts: PairCounts, sums: RuleSums, { from, to, indexOf }: Between): Coordinates {
  const count = sums.starts[to]! - sums.starts[from]!;
  const rules = { rows: new Uint32Array(count), columns: new Uint32Array(count), values: new Float64Array(count) };
  let at = 0;
  counts.each((i, j, value) => {
    const row = indexOf ? indexOf[i]! : i;
    if (row < from || row >= to) return;
    const column = indexOf ? indexOf[j]! : j;
    rules.rows[at] = row;
    rules.columns[at] = column;
    rules.values[at++] = value / Math.sqrt(sums.rows[row]! * sums.columns[column]!);
  });
  return rules;
}
