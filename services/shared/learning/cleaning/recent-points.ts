/** The newest known values of a field with their times, for filling in the last one or one between two. Pure. */
import type { Scalar } from '../../profile/fields.ts';

/** Time in milliseconds since 1970. */
export type Point = readonly [time: number, value: Scalar];

/** So many are remembered of each group. */
export const pointsKept = 8;

/** Ascending by time; of equal times by value, so that any order of adding gives the same. */
function compare([time, value]: Point, [otherTime, other]: Point): number {
  return time - otherTime || (String(value) < String(other) ? -1 : String(value) > String(other) ? 1 : 0);
}

/** The newest of both, ascending; what is in both is there once. */
export function mergePoints(points: readonly Point[], others: readonly Point[]): Point[] {
  const merged = [...points, ...others].sort(compare);
  return merged.filter((point, at) => at === 0 || compare(merged[at - 1]!, point) !== 0).slice(-pointsKept);
}

/** Takes in one, changing `points`, as mergePoints would. */
export function addPoint(points: Point[], point: Point): void {
  let at = points.length;
  while (at > 0 && compare(points[at - 1]!, point) > 0) at--;
  if (at > 0 && compare(points[at - 1]!, point) === 0) return;
  points.splice(at, 0, point);
  if (points.length > pointsKept) points.shift();
}

/** The newest value that is not after `time`. */
export function lastAt(points: readonly Point[], time: number): Scalar | undefined {
  return points.findLast(([at]) => at <= time)?.[1];
}

/**
 * Straight between the neighbours in time, before the first one the first, after the last one the last: as NumPy's
 * `interp`. undefined of no points.
 */
export function interpolateAt(points: readonly Point[], time: number): number | undefined {
  const after = points.findIndex(([at]) => at > time);
  const [low, high] = [points[after < 0 ? points.length - 1 : Math.max(0, after - 1)], points[after]];
  if (low === undefined) return undefined;
  const from = Number(low[1]);
  if (high === undefined || time <= low[0]) return from;
  return from + ((Number(high[1]) - from) * (time - low[0])) / (high[0] - low[0]);
}
