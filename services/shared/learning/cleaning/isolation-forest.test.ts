import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import reference from './fixtures/forest.json' with { type: 'json' };
import { fitIsolationForest, isolationScorer, type IsolationForest } from './isolation-forest.ts';

const { rows, outliers } = reference;

function scoresOf(forest: IsolationForest): number[] {
  return rows.map(isolationScorer(forest));
}

/** The chance that an outlier, which are the last rows, scores above another row. */
function auc(scores: readonly number[]): number {
  const inner = scores.slice(0, -outliers);
  const wins = scores.slice(-outliers).map((score) => {
    const above = inner.filter((other) => other < score).length;
    return (above + inner.filter((other) => other === score).length / 2) / inner.length;
  });
  return wins.reduce((sum, win) => sum + win, 0) / outliers;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = (x: readonly number[], y: readonly number[]) => mean(x.map((value, at) => value * y[at]!));
  const [left, right] = [a.map((value) => value - meanA), b.map((value) => value - meanB)];
  return product(left, right) / Math.sqrt(product(left, left) * product(right, right));
}

describe('the isolation forest', () => {
  it('scores by the trees of scikit-learn what scikit-learn scores', () => {
    const scores = scoresOf({ trees: reference.trees, sample: reference.sample });
    scores.forEach((score, row) => expect(score).toBeCloseTo(reference.scores[row]!, 12));
  });

  it('grown by itself ranks as the one of scikit-learn', () => {
    const scores = scoresOf(fitIsolationForest(rows, { seed: 1 }));
    expect(correlation(scores, reference.scoresOf100)).toBeGreaterThan(0.98);
    expect(auc(scores)).toBeGreaterThan(reference.aucOf100 - 0.01);
  });

  it('grows what the paper says: so many trees, of so many rows, no deeper than its logarithm', () => {
    const forest = fitIsolationForest(rows, { seed: 3 });
    expect(forest.trees).toHaveLength(100);
    expect(forest.sample).toBe(256);
    for (const tree of forest.trees) {
      expect(tree.rows[0]).toBe(256);
      expect(depthOf(tree, 0)).toBeLessThanOrEqual(8);
      tree.fields.forEach((field, node) => {
        if (field < 0) return;
        const [left, right] = [tree.rows[tree.left[node]!]!, tree.rows[tree.right[node]!]!];
        expect(left + right).toBe(tree.rows[node]);
        expect(Math.min(left, right)).toBeGreaterThan(0);
      });
    }
  });

  it('is the same of the same seed, another of another, and JSON', () => {
    const forest = fitIsolationForest(rows, { seed: 5, trees: 5 });
    expect(fitIsolationForest(rows, { seed: 5, trees: 5 })).toEqual(forest);
    expect(fitIsolationForest(rows, { seed: 6, trees: 5 })).not.toEqual(forest);
    expect(scoresOf(JSON.parse(JSON.stringify(forest)) as IsolationForest)).toEqual(scoresOf(forest));
  });

  it('scores to the bit what a walk from node to node scores', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 }));
    const table = fc.integer({ min: 1, max: 3 }).chain((width) => {
      const row = fc.array(value, { minLength: width, maxLength: width });
      return fc.record({
        known: fc.array(row, { minLength: 1, maxLength: 60 }),
        asked: fc.array(row, { minLength: 1, maxLength: 9 }),
      });
    });
    fc.assert(
      fc.property(table, fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 64 }), ({ known, asked }, seed, sample) => {
        const forest = fitIsolationForest(known, { seed, sample, trees: 20 });
        const scoreOf = isolationScorer(forest);
        for (const row of [...asked, ...known]) expect(scoreOf(row)).toBe(walkedScore(forest, row));
      }),
    );
  });

  it('takes one row, and rows that are all the same', () => {
    expect(isolationScorer(fitIsolationForest([[1, 2]], { seed: 1 }))([9, 9])).toBe(0.5);
    const same = fitIsolationForest(
      Array.from({ length: 300 }, () => [4, 4]),
      { seed: 1, trees: 3 },
    );
    expect(isolationScorer(same)([4, 4])).toBeCloseTo(0.5, 9);
  });
});

function depthOf(tree: IsolationForest['trees'][number], node: number): number {
  if (tree.fields[node]! < 0) return 0;
  return 1 + Math.max(depthOf(tree, tree.left[node]!), depthOf(tree, tree.right[node]!));
}

/** Equation 2 of the paper as it is written. */
function walkedScore({ trees, sample }: IsolationForest, row: readonly number[]): number {
  if (sample < 2) return 0.5;
  const depth = trees.reduce((sum, tree) => sum + walk(tree, row), 0) / trees.length;
  return 2 ** (-depth / averagePath(sample));
}

function walk(tree: IsolationForest['trees'][number], row: readonly number[]): number {
  let [node, depth] = [0, 0];
  for (; tree.fields[node]! >= 0; depth++)
    node = row[tree.fields[node]!]! <= tree.cuts[node]! ? tree.left[node]! : tree.right[node]!;
  return depth + averagePath(tree.rows[node]!);
}

function averagePath(rows: number): number {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  return 2 * (Math.log(rows - 1) + 0.5772156649015329) - (2 * (rows - 1)) / rows;
}
