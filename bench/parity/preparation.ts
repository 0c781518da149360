/** Feature selection, cleaning and balance against scikit-learn and imbalanced-learn. */
import { balancedWeights } from '../../services/shared/learning/balance/class-weights.ts';
import balance from '../../services/shared/learning/balance/fixtures/reference.json' with { type: 'json' };
import { overSample, underSample } from '../../services/shared/learning/balance/resample.ts';
import { smote } from '../../services/shared/learning/balance/smote.ts';
import { fitDbscan } from '../../services/shared/learning/cleaning/dbscan.ts';
import dbscan from '../../services/shared/learning/cleaning/fixtures/dbscan.json' with { type: 'json' };
import forest from '../../services/shared/learning/cleaning/fixtures/forest.json' with { type: 'json' };
import scales from '../../services/shared/learning/cleaning/fixtures/scales.json' with { type: 'json' };
import {
  fitIsolationForest,
  isolationScorer,
  type IsolationForest,
} from '../../services/shared/learning/cleaning/isolation-forest.ts';
import { addToMoments, noMoments } from '../../services/shared/learning/cleaning/moments.ts';
import { QuantileDigest } from '../../services/shared/learning/cleaning/quantile-digest.ts';
import { applyScale, fitScale, type ScaleMethod } from '../../services/shared/learning/cleaning/scale.ts';
import { chiSquareScores } from '../../services/shared/learning/selection/chi-square.ts';
import iris from '../../services/shared/learning/selection/fixtures/iris.json' with { type: 'json' };
import { informationGains } from '../../services/shared/learning/selection/information-gain.ts';
import { mutualInformation } from '../../services/shared/learning/selection/mutual-information.ts';
import { deviation } from './deviation.ts';

export function selectionParity(): Record<string, number> {
  const data = { columns: iris.columns.map((column) => Float64Array.from(column)), labels: iris.labels };
  const bySeed = Object.entries(iris.mutualInformation).map(([seed, scores]) =>
    deviation(mutualInformation(data, { seed: Number(seed) }), scores),
  );
  const chiSquare = chiSquareScores(data).map(({ statistic }) => statistic);
  return {
    chiSquareIris: deviation(chiSquare, iris.chi2),
    mutualInformation: Math.max(...bySeed),
    informationGain: deviation(informationGains(data), iris.informationGain),
  };
}

export function cleaningParity(): Record<string, number> {
  const scoresOf = (trees: IsolationForest) => forest.rows.map(isolationScorer(trees));
  const digest = new QuantileDigest();
  const moments = noMoments();
  for (const value of scales.values) {
    digest.add(value);
    addToMoments(moments, value);
  }
  const column = { moments, quantile: (fraction: number) => digest.quantile(fraction) };
  const scaled = Object.entries(scales.scaled).map(([method, expected]) => {
    const scale = fitScale(method as ScaleMethod, column)!;
    return deviation(
      scales.values.map((value) => applyScale(scale, value)),
      expected,
    );
  });
  return {
    scales: Math.max(...scaled),
    isolationForestSameTrees: deviation(scoresOf({ trees: forest.trees, sample: forest.sample }), forest.scores),
    smote: deviation(smote(balance.rows, balance.labels, { seed: 4 }).rows, balance.smoteRows),
    classWeights: deviation(
      [0, 1, 2].map((label) => balancedWeights(balance.labels).get(label)!),
      balance.weights,
    ),
  };
}

/** The forest grown by Likeness's own draw: how well it tells outliers (ROC-AUC), beside scikit-learn's. */
export function ownForestAuc(): { own: number; reference: number } {
  const own = fitIsolationForest(forest.rows, { seed: 1 });
  const scores = forest.rows.map(isolationScorer(own));
  const [inner, outer] = [scores.slice(0, -forest.outliers), scores.slice(-forest.outliers)];
  const wins = outer.map((score) => inner.filter((other) => other < score).length / inner.length);
  return { own: wins.reduce((sum, win) => sum + win, 0) / wins.length, reference: forest.aucOf100 };
}

/** What must be the same to the last row. */
export function samplesEqual(): Record<string, boolean> {
  return {
    dbscan: dbscan.runs.every((run) => deviation(fitDbscan(dbscan.rows, run).labels, run.labels) === 0),
    overSample: deviation(overSample(balance.labels, 4), balance.over) === 0,
    underSample: deviation(underSample(balance.labels, 4), balance.under) === 0,
  };
}
