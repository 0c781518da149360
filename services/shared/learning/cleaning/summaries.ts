/** What is kept of a field to fill it in: a mean, a median, a mode or the newest values, each of them mergeable. */
import { z } from 'zod';
import type { ImputeStep } from '../../../../crds/learned-cleaning.ts';
import type { Scalar } from '../../profile/fields.ts';
import { FrequentValues } from './frequent-values.ts';
import { addToMoments, mergeMoments, momentsSchema, noMoments } from './moments.ts';
import { QuantileDigest, type DigestSize } from './quantile-digest.ts';
import { addPoint, mergePoints, type Point } from './recent-points.ts';

export interface Summary {
  /** `time` in milliseconds since 1970. */
  add(value: Scalar, time: number): void;
  /** Takes all that another one of its kind has seen, as `store` gives it. Throws a ZodError if it is none. */
  merge(stored: unknown): void;
  /** Plain JSON. */
  store(): unknown;
  /** undefined before the first value. */
  result(): Scalar | readonly Point[] | undefined;
}

export const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);
export const pointsSchema = z.array(z.tuple([z.number(), scalarSchema]));

export type LearnedMethod = Exclude<ImputeStep['with'], 'Constant'>;

/** Thousands of groups are kept at once: each is coarser than the one of all values. */
const ofGroup: DigestSize = { compression: 100, buffer: 100 };
const frequentOfGroup = 16;
const frequentOfAll = 64;

export function createSummary(method: LearnedMethod, isGroup: boolean): Summary {
  switch (method) {
    case 'Mean':
      return meanSummary();
    case 'Median':
      return medianSummary(isGroup ? ofGroup : undefined);
    case 'Mode':
      return modeSummary(isGroup ? frequentOfGroup : frequentOfAll);
    default:
      return pointSummary();
  }
}

/** Whether a value can be summed up: numbers alone, but for what only counts or repeats values. */
export function fits(method: LearnedMethod, value: unknown): value is Scalar {
  if (typeof value === 'number') return true;
  if (method !== 'Mode' && method !== 'Last') return false;
  return typeof value === 'boolean' || (typeof value === 'string' && value.length <= longestText);
}

const longestText = 256;

function meanSummary(): Summary {
  let moments = noMoments();
  return {
    add: (value) => addToMoments(moments, value as number),
    merge: (stored) => (moments = mergeMoments(moments, momentsSchema.parse(stored))),
    store: () => moments,
    result: () => (moments.count === 0 ? undefined : moments.mean),
  };
}

function medianSummary(size: DigestSize | undefined): Summary {
  const digest = new QuantileDigest(size);
  return {
    add: (value) => digest.add(value as number),
    merge: (stored) => digest.merge(QuantileDigest.from(stored, size)),
    store: () => digest.store(),
    result: () => {
      const median = digest.quantile(0.5);
      return Number.isNaN(median) ? undefined : median;
    },
  };
}

function modeSummary(capacity: number): Summary {
  const values = new FrequentValues(capacity);
  return {
    add: (value) => values.add(value),
    merge: (stored) => values.merge(FrequentValues.from(stored)),
    store: () => values.store(),
    result: () => values.mode(),
  };
}

function pointSummary(): Summary {
  let points: Point[] = [];
  return {
    add: (value, time) => addPoint(points, [time, value]),
    merge: (stored) => (points = mergePoints(points, pointsSchema.parse(stored))),
    store: () => points,
    result: () => (points.length === 0 ? undefined : points),
  };
}
