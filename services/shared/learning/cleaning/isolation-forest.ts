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
export type IsolationScore = (row: ArrayLike<number>) => number;

/** The nodes of all trees, level by level, the roots first: little enough for a cache, and what is visited lies together. */
interface FlatForest {
  readonly trees: number;
  readonly deepest: number;
  /** By node; of a leaf any. */
  readonly fields: Uint16Array;
  /** Of a leaf infinite, so that no value is above it. */
  readonly cuts: Float64Array;
  /** Where values at or below the cut go; those above it go to the node behind that one. A leaf leads to itself. */
  readonly below: Int32Array;
  /** Of a leaf: its depth, and what lies below it on average. */
  readonly lengths: Float64Array;
}

/** Unfolds a forest once, to score rows of finite numbers. What it gives can be called by one at a time. */
export function isolationScorer({ trees, sample }: IsolationForest): IsolationScore {
  // A forest of one row knows nothing, so that nothing is strange to it.
  if (sample < 2) return () => 0.5;
  const flat = flatten(trees);
  const usual = averagePath(sample);
  const at = new Int32Array(trees.length);
  const values = new Float64Array(1 + flat.fields.reduce((most, field) => Math.max(most, field), 0));
  return (row) => {
    for (let field = 0; field < values.length; field++) values[field] = row[field]!;
    return 2 ** (-(pathLengths(flat, values, at) / trees.length) / usual);
  };
}

/**
 * Summed over all trees. Level by level and without a branch: the steps through different trees do not wait for each
 * other, and which way a row goes is what no processor can guess.
 */
function pathLengths({ trees, deepest, fields, cuts, below, lengths }: FlatForest, row: Float64Array, at: Int32Array) {
  for (let tree = 0; tree < trees; tree++) at[tree] = tree;
  for (let level = 0; level < deepest; level++)
    for (let tree = 0; tree < trees; tree++) {
      const node = at[tree]!;
      at[tree] = below[node]! + Number(row[fields[node]!]! > cuts[node]!);
    }
  let sum = 0;
  for (let tree = 0; tree < trees; tree++) sum += lengths[at[tree]!]!;
  return sum;
}

function flatten(trees: readonly IsolationTree[]): FlatForest {
  const size = trees.reduce((sum, { fields }) => sum + fields.length, 0);
  const [fields, cuts] = [new Uint16Array(size), new Float64Array(size).fill(Infinity)];
  const [below, lengths] = [new Int32Array(size), new Float64Array(size)];
  // What waits is numbered in the order in which it waits.
  const waiting = trees.map((tree) => ({ tree, own: 0, depth: 0 }));
  let deepest = 0;
  for (let node = 0; node < waiting.length; node++) {
    const { tree, own, depth } = waiting[node]!;
    deepest = depth;
    if (tree.fields[own]! < 0) {
      below[node] = node;
      lengths[node] = depth + averagePath(tree.rows[own]!);
    } else {
      fields[node] = tree.fields[own]!;
      cuts[node] = tree.cuts[own]!;
      below[node] = waiting.length;
      for (const child of [tree.left[own]!, tree.right[own]!]) waiting.push({ tree, own: child, depth: depth + 1 });
    }
  }
  return { trees: trees.length, deepest, fields, cuts, below, lengths };
}

const euler = 0.5772156649015329;

/** The mean depth of an unsuccessful search in a binary tree of so many rows (equation 1). */
function averagePath(rows: number): number {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  return 2 * (Math.log(rows - 1) + euler) - (2 * (rows - 1)) / rows;
}
