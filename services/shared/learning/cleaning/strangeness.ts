/** Whether a row of numbers is an outlier, by what was learned. */
import type { OutlierStep } from '../../../../crds/learned-cleaning.ts';
import type { Strangeness } from './cleaning-model.ts';
import { isNoise } from './dbscan.ts';
import { isolationScorer, type IsolationForest } from './isolation-forest.ts';
import { applyScale } from './scale.ts';
import { spreadsAway } from './spread-outliers.ts';

const usualThresholds: Readonly<Record<OutlierStep['method'], number>> = {
  ZScore: 3,
  MAD: 3.5,
  IsolationForest: 0.6,
  DBSCAN: 0.5,
};

export const thresholdOf = ({ method, threshold }: Pick<OutlierStep, 'method' | 'threshold'>): number =>
  threshold === undefined ? usualThresholds[method] : Number(threshold);

/** One number of the row, and how strange it is; or the row as a whole, in words for a person. */
export interface Finding {
  /** Place in the row; undefined: all of it. */
  readonly at?: number;
  readonly why: string;
}

type Row = readonly (number | undefined)[];

/** undefined: no outlier, or too little of it is there to say. `threshold` as the step says now. */
export type FindOutlier = (row: Row, threshold: number) => Finding | undefined;

/** To be made once a model: for many events, one after another. */
export function outlierFinder(strangeness: Strangeness): FindOutlier {
  switch (strangeness.kind) {
    case 'Spread':
      return (row, threshold) => findSpread(strangeness.fields, row, threshold);
    case 'Forest':
      return findByForest(strangeness.forest);
    case 'Density':
      return (row) => (isWhole(row) ? findByDensity(strangeness, row) : undefined);
  }
}

function findByForest(forest: IsolationForest): FindOutlier {
  const scoreOf = isolationScorer(forest);
  return (row, threshold) => {
    if (!isWhole(row)) return undefined;
    const score = scoreOf(row);
    return score > threshold ? { why: `a score of ${score.toFixed(3)} in the isolation forest` } : undefined;
  };
}

function findByDensity({ scales, model }: Density, row: readonly number[]): Finding | undefined {
  const scaled = row.map((value, at) => applyScale(scales[at]!, value));
  return isNoise(model, scaled) ? { why: `nothing dense within ${model.radius} deviations` } : undefined;
}

type Density = Extract<Strangeness, { kind: 'Density' }>;
type Spread = Extract<Strangeness, { kind: 'Spread' }>['fields'];

function findSpread(fields: Spread, row: Row, threshold: number): Finding | undefined {
  for (let at = 0; at < row.length; at++) {
    const [value, field] = [row[at], fields[at]];
    if (value === undefined || !field) continue;
    const away = spreadsAway(field, value);
    if (away > threshold) return { at, why: `${value} is ${away.toFixed(1)} spreads from ${field.center}` };
  }
  return undefined;
}

const isWhole = (row: Row): row is readonly number[] => row.every((value) => value !== undefined);
