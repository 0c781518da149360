/** Gradient-boosted trees for a class: each tree mends what those before it leave of the logistic loss. */
import { binColumns } from './bins.ts';
import type { Matrix } from './encoding.ts';
import { growTree, type Tree, type TreeSettings } from './grow-tree.ts';
import { sigmoid, type Labelled } from './logistic.ts';
import { logLoss } from './quality.ts';

export interface Trees {
  /** The logit before any tree. */
  readonly base: number;
  readonly trees: readonly Tree[];
}

export interface BoostSettings extends TreeSettings {
  readonly learningRate: number;
  readonly mostTrees: number;
  /** Trees without a lower loss on the validation rows until it ends. */
  readonly patience: number;
}

export const defaultBoost: BoostSettings = {
  leaves: 15,
  leastRows: 20,
  l2: 1,
  learningRate: 0.05,
  mostTrees: 600,
  patience: 40,
};

/** As many trees as are best on the validation rows. */
export function fitTrees(train: Labelled, validation: Labelled, settings: BoostSettings): Trees {
  const base = priorLogit(train);
  const heldOut = new Float64Array(validation.matrix.rows).fill(base);
  const trees: Tree[] = [];
  let best = { loss: lossOf(heldOut, validation), count: 0 };
  for (const tree of boost(train, settings)) {
    trees.push(tree);
    addTree(tree, validation.matrix, heldOut);
    const loss = lossOf(heldOut, validation);
    if (loss < best.loss) best = { loss, count: trees.length };
    if (trees.length - best.count >= settings.patience) break;
  }
  return { base, trees: trees.slice(0, best.count) };
}

/** So many trees, where nothing says when to stop. */
export function fitManyTrees(train: Labelled, count: number, settings: BoostSettings): Trees {
  return { base: priorLogit(train), trees: [...boost(train, { ...settings, mostTrees: count })] };
}

/** Friedman 2001, "Greedy function approximation". */
function* boost(train: Labelled, settings: BoostSettings): Generator<Tree> {
  const columns = binColumns(train.matrix);
  const logits = new Float64Array(train.matrix.rows).fill(priorLogit(train));
  for (let count = 0; count < settings.mostTrees; count++) {
    const grown = growTree(columns, slopesOf(logits, train), settings);
    if (grown.column.length === 1) return;
    const tree = scaled(grown, settings.learningRate);
    addTree(tree, train.matrix, logits);
    yield tree;
  }
}

export function treeLogits({ base, trees }: Trees, matrix: Matrix): Float64Array {
  const logits = new Float64Array(matrix.rows).fill(base);
  for (const tree of trees) addTree(tree, matrix, logits);
  return logits;
}

function priorLogit({ labels, weights }: Labelled): number {
  let [positive, all] = [0, 0];
  weights.forEach((weight, row) => {
    all += weight;
    if (labels[row] === 1) positive += weight;
  });
  return Math.log(positive / (all - positive));
}

function lossOf(logits: Float64Array, { labels, weights }: Labelled): number {
  return logLoss(logits.map(sigmoid), labels, weights);
}

function slopesOf(logits: Float64Array, { labels, weights }: Labelled) {
  const gradients = new Float64Array(logits.length);
  const curvatures = new Float64Array(logits.length);
  logits.forEach((logit, row) => {
    const p = sigmoid(logit);
    gradients[row] = weights[row]! * (p - labels[row]!);
    curvatures[row] = weights[row]! * p * (1 - p);
  });
  return { gradients, curvatures };
}

function scaled(tree: Tree, by: number): Tree {
  return { ...tree, value: tree.value.map((value) => value * by) };
}

function addTree(
  { column, threshold, left, right, value }: Tree,
  { columns, values }: Matrix,
  logits: Float64Array,
): void {
  for (let row = 0; row < logits.length; row++) {
    let node = 0;
    while (column[node]! >= 0)
      node = values[row * columns + column[node]!]! <= threshold[node]! ? left[node]! : right[node]!;
    logits[row]! += value[node]!;
  }
}
