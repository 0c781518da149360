/** Count, mean, variance and ends of a stream of numbers, one at a time or part by part. */
import { z } from 'zod';

export const momentsSchema = z.strictObject({
  count: z.int().min(0),
  mean: z.number(),
  /** Σ (value − mean)². */
  squares: z.number().min(0),
  /** Absent before the first value. */
  range: z.strictObject({ least: z.number(), greatest: z.number() }).optional(),
});

export type Moments = z.output<typeof momentsSchema>;

export function noMoments(): Moments {
  return { count: 0, mean: 0, squares: 0 };
}

/** Takes a finite value into `moments`, changing them (Welford 1962). */
export function addToMoments(moments: Moments, value: number): void {
  moments.count++;
  const apart = value - moments.mean;
  moments.mean += apart / moments.count;
  moments.squares += apart * (value - moments.mean);
  if (moments.range === undefined) moments.range = { least: value, greatest: value };
  else if (value < moments.range.least) moments.range.least = value;
  else if (value > moments.range.greatest) moments.range.greatest = value;
}

/** Of both streams together (Chan, Golub, LeVeque 1979), whatever their order, up to rounding. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.range === undefined) return structuredClone(b);
  if (b.range === undefined) return structuredClone(a);
  const count = a.count + b.count;
  const apart = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (apart * b.count) / count,
    squares: a.squares + b.squares + (apart * apart * a.count * b.count) / count,
    range: {
      least: Math.min(a.range.least, b.range.least),
      greatest: Math.max(a.range.greatest, b.range.greatest),
    },
  };
}

/** √ of the population variance, as scikit-learn's scalers take it; 0 of fewer than two values. */
export function deviationOf({ count, squares }: Moments): number {
  return count === 0 ? 0 : Math.sqrt(squares / count);
}
