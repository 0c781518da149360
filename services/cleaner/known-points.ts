/** The newest known values of a field by group: what the model has learned, and what has come since. */
import type { Scalar } from '../shared/profile/fields.ts';
import { addPoint, mergePoints, type Point } from '../shared/learning/cleaning/recent-points.ts';
import type { Filling } from './active-cleaning.ts';

/** So many groups are remembered; the one that was told of longest ago is forgotten first. */
const groupsKept = 10_000;
/** The group of a step that has none. */
export const everything = '';

export class KnownPoints {
  readonly #groups = new Map<string, Point[]>();
  #learned: Filling | undefined;

  /** `time` in milliseconds since 1970. */
  add(group: string, time: number, value: Scalar): void {
    const points = this.#groups.get(group) ?? [];
    addPoint(points, [time, value]);
    this.#keep(group, points);
  }

  of(group: string): readonly Point[] {
    return this.#groups.get(group) ?? [];
  }

  /** Takes in what a model knows, once; undefined: there is none. */
  learn(learned: Filling | undefined): void {
    if (learned === undefined || learned === this.#learned) return;
    this.#learned = learned;
    if (Array.isArray(learned.overall)) this.#merge(everything, learned.overall);
    for (const [group, points] of learned.groups) if (Array.isArray(points)) this.#merge(group, points);
  }

  #merge(group: string, points: readonly Point[]): void {
    this.#keep(group, mergePoints(this.of(group), points));
  }

  #keep(group: string, points: Point[]): void {
    this.#groups.delete(group);
    this.#groups.set(group, points);
    if (this.#groups.size > groupsKept) this.#groups.delete(this.#groups.keys().next().value!);
  }
}
