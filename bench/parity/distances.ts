/** PSI, Jensen-Shannon, KS, Wasserstein and chi-square against the golden values, of raw samples and of sketches. */
import { numericBins, type Bins } from '../../services/shared/learning/sketch/bins.ts';
import { compareSketches } from '../../services/shared/learning/sketch/compare.ts';
import golden from '../../services/shared/learning/sketch/fixtures/golden.json' with { type: 'json' };
import { sketchFiller, type Sketch } from '../../services/shared/learning/sketch/sketch.ts';
import {
  chiSquareOfTable,
  jensenShannon,
  populationStability,
  wasserstein,
} from '../../services/shared/learning/statistics/distances.ts';
import { ksProbability, ksStatistic } from '../../services/shared/learning/statistics/kolmogorov-smirnov.ts';
import { normalSource, startTwister } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import { quantileOf } from '../../services/shared/learning/statistics/quantiles.ts';

const size = 1000;
const expected = { psi: golden.psi10, js: golden.js_distance_base2, ks: golden.ks[0]!, w1: golden.w1 };

/** Deviations of the raw distances, which must be 0 up to rounding, and of the sketch's, which are off by its bins. */
export function distanceParity(): { raw: Record<string, number>; sketch: Record<string, number> } {
  const normal = normalSource(startTwister(0));
  const a = Float64Array.from({ length: size }, () => normal()).sort();
  const b = Float64Array.from({ length: size }, () => 0.25 + 1.2 * normal()).sort();
  const deciles = Array.from({ length: 9 }, (_, at) => quantileOf(a, (at + 1) / 10));
  const [p, q] = [a, b].map((values) => sketchOf({ kind: 'numeric', edges: deciles }, values).counts);
  const shares = (counts: readonly number[]) => counts.map((count) => count / size);
  const table = chiSquareOfTable([p!, q!]);
  const raw = {
    psi: populationStability(shares(p!), shares(q!)),
    js: jensenShannon(shares(p!), shares(q!)),
    ks: ksStatistic(a, b),
    w1: wasserstein(a, b),
  };
  const bins = numericBins((fraction) => quantileOf(a, fraction));
  const sketch = compareSketches(sketchOf(bins, a), sketchOf(bins, b))!;
  return {
    raw: {
      ...deviations(raw),
      ksP: Math.abs(ksProbability(raw.ks, size, size) - golden.ks[1]!),
      chiSquare: Math.abs(table.statistic - golden.chi2_contingency[0]!),
      chiSquareP: Math.abs(table.p - golden.chi2_contingency[1]!),
    },
    sketch: deviations({ psi: sketch.psi, js: sketch.js, ks: sketch.ks!, w1: sketch.w1! }),
  };
}

function deviations(found: typeof expected): Record<string, number> {
  return {
    psi: Math.abs(found.psi - expected.psi),
    js: Math.abs(found.js - expected.js),
    ks: Math.abs(found.ks - expected.ks),
    w1: Math.abs(found.w1 - expected.w1),
  };
}

function sketchOf(bins: Bins, values: Iterable<number>): Sketch {
  const filler = sketchFiller(bins);
  for (const value of values) filler.add(value);
  return filler.take();
}
