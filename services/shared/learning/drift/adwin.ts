/** ADWIN: a window of exponential buckets that is cut where the means of its two parts differ too much. */
import { z } from 'zod';
import type { DetectorKind } from './detector.ts';

const optionsSchema = z.strictObject({
  /** Confidence δ: the chance of a false cut at any one check. */
  delta: z.number().gt(0).lt(1).default(0.002),
  /** Look for a cut every so many values. */
  every: z.int().min(1).default(32),
  /** Buckets of one size, at most; one more merges the two oldest into one of twice the size. */
  bucketsPerRow: z.int().min(1).default(5),
  /** Values on either side of a cut, at least. */
  minPart: z.int().min(1).default(5),
  /** No cut unless the window is longer than this. */
  minWindow: z.int().min(0).default(10),
});

const stateSchema = z.strictObject({
  width: z.int(),
  sum: z.number(),
  /** Σ (x − mean)² over the window. */
  squares: z.number(),
  /** Row r holds the sums of buckets of 2^r values, oldest first. */
  rows: z.array(z.array(z.number())),
  /** The means on either side of the cut, once there is one, and how many values lie behind it. */
  cut: z.strictObject({ before: z.number(), after: z.number(), newer: z.int().default(0) }).optional(),
});

export type AdwinOptions = z.output<typeof optionsSchema>;
export type AdwinState = z.output<typeof stateSchema>;

/** A part of the window while cuts are tried. */
interface Part {
  count: number;
  sum: number;
}

/**
 * Bifet, Gavaldà 2007, "Learning from time-changing data with adaptive windowing", section 4 (ADWIN2): a cut where
 * |μ₀ − μ₁| > √(2 m σ² L) + ⅔ m L, L = ln(2 ln W / δ), m = 1/(n₀ − minPart + 1) + 1/(n₁ − minPart + 1). Either direction.
 * As in the reference implementation the whole window is dropped after a cut, so that one change is one verdict.
 */
export const adwin: DetectorKind<AdwinOptions, AdwinState> = {
  name: 'ADWIN',
  options: optionsSchema,
  state: stateSchema,
  start: () => ({ width: 0, sum: 0, squares: 0, rows: [[]] }),
  step(state, value, options) {
    insert(state, value);
    mergeFullRows(state.rows, options.bucketsPerRow);
    if (state.width % options.every !== 0 || state.width <= options.minWindow) return 'none';
    state.cut = findCut(state, options);
    return state.cut === undefined ? 'none' : 'drift';
  },
};

function insert(state: AdwinState, value: number): void {
  state.rows[0]!.push(value);
  const before = state.width++;
  if (before > 0) {
    const apart = value - state.sum / before;
    state.squares += (before * apart * apart) / state.width;
  }
  state.sum += value;
}

function mergeFullRows(rows: number[][], most: number): void {
  for (let level = 0; level < rows.length && rows[level]!.length > most; level++) {
    const row = rows[level]!;
    if (level + 1 === rows.length) rows.push([]);
    rows[level + 1]!.push(row[0]! + row[1]!);
    row.splice(0, 2);
  }
}

/** Of the cuts whose parts differ enough the one that does so most clearly. */
function findCut(state: AdwinState, options: AdwinOptions): AdwinState['cut'] {
  const older: Part = { count: 0, sum: 0 };
  const newer: Part = { count: state.width, sum: state.sum };
  let clearest = 1;
  let cut: AdwinState['cut'];
  for (let level = state.rows.length - 1; level >= 0; level--) {
    const size = 2 ** level;
    for (const sum of state.rows[level]!) {
      older.count += size;
      older.sum += sum;
      newer.count -= size;
      newer.sum -= sum;
      if (older.count < options.minPart || newer.count < options.minPart) continue;
      const [before, after] = [older.sum / older.count, newer.sum / newer.count];
      const clear = Math.abs(before - after) / leastDifference(state, [older.count, newer.count], options);
      if (clear <= clearest) continue;
      clearest = clear;
      cut = { before, after, newer: newer.count };
    }
  }
  return cut;
}

function leastDifference(
  state: AdwinState,
  counts: readonly [number, number],
  { delta, minPart }: AdwinOptions,
): number {
  const confidence = Math.log((2 * Math.log(state.width)) / delta);
  const harmonic = 1 / (counts[0] - minPart + 1) + 1 / (counts[1] - minPart + 1);
  const variance = state.squares / state.width;
  return Math.sqrt(2 * harmonic * variance * confidence) + (2 / 3) * confidence * harmonic;
}
