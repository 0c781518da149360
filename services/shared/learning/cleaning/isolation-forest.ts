/** An isolation forest: what random cuts set apart quickly is an outlier. */
import { nextUniform, sampleWithout, startTwister, type TwisterState } from '../statistics/mersenne-twister.ts';

/** Plain JSON; arrays by node, node 0 the root. */
interface IsolationTree {
  /** The field that the node cuts, −1 in a leaf. */
  readonly fields: number[];
  /** Values at or below go left. */
  readonly cuts: number[];
  readonly left: number[];
  readonly right: number[];
  /** Rows of the sample that reached the node. */
  readonly rows: number[];
}

export interface IsolationForest {
  readonly trees: readonly IsolationTree[];
  /** Rows that each tree was grown from. */
  readonly sample: number;
}

export interface ForestOptions {
  readonly trees?: number;
  /** Rows a tree; fewer where there are fewer. */
  readonly sample?: number;
  /** Unsigned 32-bit. */
  readonly seed: number;
}

type Rows = readonly ArrayLike<number>[];

/**
 * Liu, Ting, Zhou 2008, "Isolation forest", algorithms 1 and 2: trees up to depth ⌈log₂ sample⌉, each cut at a uniform
 * value of a field that still varies. Rows must be finite and of one length; at least one.
 */
export function fitIsolationForest(rows: Rows, { trees = 100, sample = 256, seed }: ForestOptions): IsolationForest {
  const random = startTwister(seed);
  const size = Math.min(sample, rows.length);
  const deepest = Math.ceil(Math.log2(Math.max(2, size)));
  return {
    sample: size,
    trees: Array.from({ length: trees }, () => {
      const tree: IsolationTree = { fields: [], cuts: [], left: [], right: [], rows: [] };
      grow(
        tree,
        sampleWithout(random, rows.length, size).map((at) => rows[at]!),
        { random, left: deepest },
      );
      return tree;
    }),
  };
}

interface Growth {
  readonly random: TwisterState;
  /** How much deeper the tree may get. */
  readonly left: number;
}

/** Adds the node of these rows and all below it; returns its number. */
function grow(tree: IsolationTree, rows: Rows, { random, left }: Growth): number {
  const node = tree.fields.length;
  tree.fields.push(-1);
  tree.cuts.push(0);
  tree.left.push(-1);
  tree.right.push(-1);
  tree.rows.push(rows.length);
  const cut = left === 0 || rows.length < 2 ? undefined : chooseCut(rows, random);
  if (cut === undefined) return node;
  tree.fields[node] = cut.field;
  tree.cuts[node] = cut.at;
  const isLeft = (row: ArrayLike<number>): boolean => row[cut.field]! <= cut.at;
  tree.left[node] = grow(tree, rows.filter(isLeft), { random, left: left - 1 });
  tree.right[node] = grow(
    tree,
    rows.filter((row) => !isLeft(row)),
    { random, left: left - 1 },
  );
  return node;
}

function chooseCut(rows: Rows, random: TwisterState): { field: number; at: number } | undefined {
  const ranges = Array.from({ length: rows[0]!.length }, (_, field) => {
    const values = rows.map((row) => row[field]!);
    return { field, least: Math.min(...values), greatest: Math.max(...values) };
  }).filter(({ least, greatest }) => least < greatest);
  const range = ranges[Math.floor(nextUniform(random) * ranges.length)];
  if (range === undefined) return undefined;
  const at = range.least + nextUniform(random) * (range.greatest - range.least);
  // Rounding may reach the greatest value, and then nothing would go right.
  return { field: range.field, at: at < range.greatest ? at : range.least };
}

/** 0 to 1, the greater the stranger; about 0.5 of all is what has no outliers (section 2, equation 2). */
export function isolationScore({ trees, sample }: IsolationForest, row: ArrayLike<number>): number {
  const depth = trees.reduce((sum, tree) => sum + pathLength(tree, row), 0) / trees.length;
  // A forest of one row knows nothing, so that nothing is strange to it.
  return sample < 2 ? 0.5 : 2 ** (-depth / averagePath(sample));
}

function pathLength(tree: IsolationTree, row: ArrayLike<number>): number {
  let [node, depth] = [0, 0];
  for (; tree.fields[node]! >= 0; depth++) {
    node = row[tree.fields[node]!]! <= tree.cuts[node]! ? tree.left[node]! : tree.right[node]!;
  }
  return depth + averagePath(tree.rows[node]!);
}

const euler = 0.5772156649015329;

/** The mean depth of an unsuccessful search in a binary tree of so many rows (equation 1). */
function averagePath(rows: number): number {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  return 2 * (Math.log(rows - 1) + euler) - (2 * (rows - 1)) / rows;
}
