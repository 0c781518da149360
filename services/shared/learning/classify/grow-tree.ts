/** One tree of gradient boosting: the leaf that gains most is split next, by histograms of gradients. */
import type { BinnedColumn } from './bins.ts';

/** Nodes in the order in which they were made, the root first. */
export interface Tree {
  /** The column that the node asks about; -1: a leaf. */
  readonly column: readonly number[];
  /** Up to this goes left. */
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** Of a leaf: what it adds to the logit. */
  readonly value: readonly number[];
}

export interface TreeSettings {
  readonly leaves: number;
  readonly leastRows: number;
  /** λ: factor of Σvalue²/2. */
  readonly l2: number;
}

export interface Slopes {
  /** First and second derivative of the loss by each row's logit. */
  readonly gradients: Float64Array;
  readonly curvatures: Float64Array;
}

const leastGain = 1e-9;
const leastCurvature = 1e-3;
/** Of one bin: gradient, curvature, rows. */
const cell = 3;

interface Split {
  readonly column: number;
  readonly bin: number;
  readonly gain: number;
}

interface Leaf {
  readonly node: number;
  readonly rows: Uint32Array;
  readonly histogram: Float64Array;
  readonly split: Split | undefined;
}

/**
 * Second-order gains and leaf values (Chen, Guestrin 2016, "XGBoost", equations 5 to 7), grown by leaves (Ke and others
 * 2017, "LightGBM"). The sum over a leaf's rows of its gradient histogram is made for the smaller child alone.
 */
export function growTree(columns: readonly BinnedColumn[], slopes: Slopes, settings: TreeSettings): Tree {
  const tree = {
    column: [] as number[],
    threshold: [] as number[],
    left: [] as number[],
    right: [] as number[],
    value: [] as number[],
  };
  const addNode = (): number => {
    for (const list of [tree.column, tree.left, tree.right]) list.push(-1);
    for (const list of [tree.threshold, tree.value]) list.push(0);
    return tree.column.length - 1;
  };
  const leafOf = (rows: Uint32Array, histogram: Float64Array): Leaf => {
    const node = addNode();
    tree.value[node] = leafValue(totalsOf(columns, histogram), settings);
    return { node, rows, histogram, split: bestSplit(columns, histogram, settings) };
  };
  const all = Uint32Array.from(slopes.gradients, (_, row) => row);
  const leaves = [leafOf(all, histogramOf(columns, slopes, all))];
  while (leaves.length < settings.leaves) {
    const next = leaves.reduce((best, leaf) => (gainOf(leaf) > gainOf(best) ? leaf : best));
    if (next.split === undefined) break;
    const { column, bin } = next.split;
    const [left, right] = divide(next, columns[column]!, bin, (rows) => histogramOf(columns, slopes, rows));
    leaves.splice(leaves.indexOf(next), 1);
    tree.column[next.node] = column;
    tree.threshold[next.node] = columns[column]!.edges[bin]!;
    const children = [leafOf(left.rows, left.histogram), leafOf(right.rows, right.histogram)] as const;
    tree.left[next.node] = children[0].node;
    tree.right[next.node] = children[1].node;
    tree.value[next.node] = 0;
    leaves.push(...children);
  }
  return tree;
}

const gainOf = ({ split }: Leaf): number => split?.gain ?? 0;

function histogramOf(
  columns: readonly BinnedColumn[],
  { gradients, curvatures }: Slopes,
  rows: Uint32Array,
): Float64Array {
  const { first, edges } = columns.at(-1)!;
  const histogram = new Float64Array((first + edges.length + 1) * cell);
  for (const column of columns) {
    if (column.edges.length === 0 && column.first > 0) continue;
    for (const row of rows) {
      const at = (column.first + column.bins[row]!) * cell;
      histogram[at]! += gradients[row]!;
      histogram[at + 1]! += curvatures[row]!;
      histogram[at + 2]!++;
    }
  }
  return histogram;
}

interface Totals {
  gradient: number;
  curvature: number;
  rows: number;
}

/** Every column adds up to the same; the first is always there. */
function totalsOf([first]: readonly BinnedColumn[], histogram: Float64Array): Totals {
  const totals = { gradient: 0, curvature: 0, rows: 0 };
  for (let bin = 0; bin <= first!.edges.length; bin++) addCell(totals, histogram, bin);
  return totals;
}

function addCell(totals: Totals, histogram: Float64Array, place: number): void {
  totals.gradient += histogram[place * cell]!;
  totals.curvature += histogram[place * cell + 1]!;
  totals.rows += histogram[place * cell + 2]!;
}

function leafValue({ gradient, curvature }: Totals, { l2 }: TreeSettings): number {
  return -gradient / (curvature + l2);
}

function strength({ gradient, curvature }: Totals, { l2 }: TreeSettings): number {
  return (gradient * gradient) / (curvature + l2);
}

function bestSplit(
  columns: readonly BinnedColumn[],
  histogram: Float64Array,
  settings: TreeSettings,
): Split | undefined {
  const all = totalsOf(columns, histogram);
  const before = strength(all, settings);
  let best: Split | undefined;
  columns.forEach(({ edges, first }, column) => {
    const left = { gradient: 0, curvature: 0, rows: 0 };
    for (let bin = 0; bin < edges.length; bin++) {
      addCell(left, histogram, first + bin);
      const right = {
        gradient: all.gradient - left.gradient,
        curvature: all.curvature - left.curvature,
        rows: all.rows - left.rows,
      };
      if (!isLargeEnough(left, settings) || !isLargeEnough(right, settings)) continue;
      const gain = strength(left, settings) + strength(right, settings) - before;
      if (gain > Math.max(leastGain, best?.gain ?? 0)) best = { column, bin, gain };
    }
  });
  return best;
}

function isLargeEnough({ rows, curvature }: Totals, { leastRows }: TreeSettings): boolean {
  return rows >= leastRows && curvature >= leastCurvature;
}

type Half = Pick<Leaf, 'rows' | 'histogram'>;

function divide(
  leaf: Leaf,
  { bins }: BinnedColumn,
  bin: number,
  sum: (rows: Uint32Array) => Float64Array,
): [Half, Half] {
  const left = leaf.rows.filter((row) => bins[row]! <= bin);
  const right = leaf.rows.filter((row) => bins[row]! > bin);
  const small = left.length <= right.length ? left : right;
  const ofSmall = sum(small);
  const ofLarge = leaf.histogram.slice();
  for (let at = 0; at < ofLarge.length; at++) ofLarge[at]! -= ofSmall[at]!;
  return small === left
    ? [
        { rows: left, histogram: ofSmall },
        { rows: right, histogram: ofLarge },
      ]
    : [
        { rows: left, histogram: ofLarge },
        { rows: right, histogram: ofSmall },
      ];
}
