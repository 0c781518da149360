/** The bins of a sketch, taken once from a model's baseline: every later sketch of that feature has the same. */
import { z } from 'zod';

export const binsSchema = z.discriminatedUnion('kind', [
  /** Ascending, none twice. A value belongs to the bin of so many edges at or below it; the outer bins are open. */
  z.strictObject({
    kind: z.literal('numeric'),
    edges: z
      .array(z.number())
      .max(1000)
      .refine((edges) => edges.every((edge, at) => at === 0 || edge > edges[at - 1]!), 'edges must ascend'),
  }),
  /** One bin a category, and a last one for all others. */
  z.strictObject({ kind: z.literal('categorical'), categories: z.array(z.string()).max(1000) }),
]);

export type Bins = z.output<typeof binsSchema>;

export function binCount(bins: Bins): number {
  return 1 + (bins.kind === 'numeric' ? bins.edges.length : bins.categories.length);
}

/** Beside the equal shares, because W1 looks at the ends: these shares of the baseline, at either end. */
const tails = [0, 0.001, 0.0025, 0.005];

/**
 * Bins that hold equal shares of the baseline, given its quantiles, and finer ones at its ends, the least and the
 * greatest value among the edges; fewer where values repeat. A hundred keep the error of KS at a hundredth, and ten at
 * a time are the deciles that PSI is defined on.
 */
export function numericBins(
  quantile: (fraction: number) => number,
  count = 100,
  ends: readonly number[] = tails,
): Bins {
  const equal = Array.from({ length: count - 1 }, (_, at) => (at + 1) / count);
  const fractions = [...ends, ...equal, ...ends.map((share) => 1 - share)].sort((a, b) => a - b);
  const edges: number[] = [];
  for (const fraction of fractions) {
    const edge = quantile(fraction);
    if (Number.isFinite(edge) && edge > (edges.at(-1) ?? -Infinity)) edges.push(edge);
  }
  return { kind: 'numeric', edges };
}

/** A bin for each of the `most` commonest categories of the baseline, the smaller name first where they are as common. */
export function categoricalBins(counts: ReadonlyMap<string, number>, most = 50): Bins {
  const commonest = [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1));
  return { kind: 'categorical', categories: commonest.slice(0, most).map(([category]) => category) };
}

/** A bin's number, or −1 for a value that is missing: absent, or for numeric bins no finite number. */
export type Locate = (value: unknown) => number;

export function locator(bins: Bins): Locate {
  if (bins.kind === 'numeric') {
    const edges = Float64Array.from(bins.edges);
    return (value) => (typeof value === 'number' && Number.isFinite(value) ? edgesUpTo(edges, value) : -1);
  }
  const indexOf = new Map(bins.categories.map((category, index) => [category, index]));
  return (value) => (isCategory(value) ? (indexOf.get(String(value)) ?? bins.categories.length) : -1);
}

function isCategory(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function edgesUpTo(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
