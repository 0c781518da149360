/** KSWIN: the newest values of a window against a random draw from the older ones, by Kolmogorov-Smirnov. */
import { z } from 'zod';
import { ksProbability, ksStatistic } from '../statistics/kolmogorov-smirnov.ts';
import { sampleWithout, startPythonTwister } from '../statistics/mersenne-twister.ts';
import type { DetectorKind } from './detector.ts';

const optionsSchema = z
  .strictObject({
    /** The p-value at or below which the parts differ. */
    alpha: z.number().gt(0).lt(1).default(0.0001),
    window: z.int().min(4).max(1000).default(100),
    /** r: how many newest values are compared with as many older ones. */
    recent: z.int().min(2).default(30),
    seed: z.int().min(0).max(0xffffffff).default(42),
  })
  .refine(({ window, recent }) => 2 * recent <= window, 'recent must be at most half of window');

const stateSchema = z.strictObject({
  values: z.array(z.number()),
  random: z.strictObject({
    words: z.array(z.int().min(0).max(0xffffffff)).length(624),
    drawn: z.int().min(0).max(624),
  }),
});

export type KswinOptions = z.output<typeof optionsSchema>;

/** However small p is, parts closer than this are taken as equal. */
const leastStatistic = 0.1;

/**
 * Raab, Heusinger, Schleif 2020, "Reactive Soft Prototype Computing for Concept Drift Streams", section 4: drift where
 * p ≤ α and D > 0.1. The draw is CPython's, so that the same seed gives the reference implementation's verdicts.
 */
export const kswin: DetectorKind<KswinOptions, z.output<typeof stateSchema>> = {
  name: 'KSWIN',
  options: optionsSchema,
  state: stateSchema,
  start: ({ seed }) => ({ values: [], random: startPythonTwister(seed) }),
  step(state, value, { alpha, window, recent }) {
    state.values.push(value);
    if (state.values.length < window) return 'none';
    if (state.values.length > window) state.values.shift();
    const older = window - recent;
    const drawn = sampleWithout(state.random, older, recent).map((at) => state.values[at]!);
    const statistic = ksStatistic(ascending(drawn), ascending(state.values.slice(older)));
    return statistic > leastStatistic && ksProbability(statistic, recent, recent) <= alpha ? 'drift' : 'none';
  },
};

function ascending(values: readonly number[]): Float64Array {
  return new Float64Array(values).sort();
}
