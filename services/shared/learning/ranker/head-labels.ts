/** What the further heads are to foresee after each step: labels whose horizon has passed, the next category, the time. */
import type { ItemAttributes } from '../../event.ts';
import type { Sequences } from '../sequences.ts';
import type { HeadSettings } from './settings.ts';

/** The most frequent so many categories have a place in the head. */
const mostCategories = 256;

/** Of the items, most items first. */
export function categoriesOf(attributes: readonly (ItemAttributes | undefined)[]): string[] {
  const counts = new Map<string, number>();
  for (const attribute of attributes)
    if (attribute?.category) counts.set(attribute.category, (counts.get(attribute.category) ?? 0) + 1);
  return [...counts]
    .sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
    .slice(0, mostCategories)
    .map(([category]) => category);
}

/** Whether a labelled event follows the step at `at` soon enough; undefined: not known yet. */
export function propensityAfter(
  { times, labels }: Sequences,
  { at, end, until }: { readonly at: number; readonly end: number; readonly until: number },
  label: number,
  within: number,
): boolean | undefined {
  const limit = times[at]! + within;
  for (let step = at + 1; step < end && times[step]! <= limit; step++)
    if (times[step]! > times[at]! && labels !== undefined && (labels[step]! >> label) & 1) return true;
  return limit <= until ? false : undefined;
}

/** Bit i: an event of the type counts for label i. */
export function labelBits(type: string, { propensity }: HeadSettings): number {
  return propensity.reduce((bits, { events }, label) => bits | (events.has(type) ? 1 << label : 0), 0);
}
