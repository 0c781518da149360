/** Columns cut into at most 256 bins of about equal shares: what histograms of gradients are made of. */
import type { Matrix } from './encoding.ts';

export interface BinnedColumn {
  /** The bin of each row. */
  readonly bins: Uint8Array;
  /** Ascending; bin b holds the values up to edges[b], the last bin all others. */
  readonly edges: Float64Array;
  /** How many bins the columns before it have. */
  readonly first: number;
}

const mostBins = 256;

export function binColumns({ rows, columns, values }: Matrix): BinnedColumn[] {
  let first = 0;
  return Array.from({ length: columns }, (_, column) => {
    const own = Float64Array.from({ length: rows }, (__, row) => values[row * columns + column]!);
    const edges = edgesOf(own.toSorted());
    const binned = { bins: Uint8Array.from(own, (value) => binOf(edges, value)), edges, first };
    first += edges.length + 1;
    return binned;
  });
}

/** Between neighbouring values: a value that comes later falls on the side it is nearer to. */
function edgesOf(sorted: Float64Array): Float64Array {
  const distinct = sorted.filter((value, at) => at === 0 || value !== sorted[at - 1]);
  if (distinct.length <= mostBins)
    return Float64Array.from(distinct.slice(0, -1), (low, at) => (low + distinct[at + 1]!) / 2);
  const edges: number[] = [];
  for (let bin = 1; bin < mostBins; bin++) {
    const at = Math.floor((bin * sorted.length) / mostBins);
    const edge = (sorted[at - 1]! + sorted[at]!) / 2;
    if (edges.length === 0 || edge > edges.at(-1)!) edges.push(edge);
  }
  return Float64Array.from(edges);
}

function binOf(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
