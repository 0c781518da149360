/** What the watches measure, at the one replica that runs the detectors. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { DriftReport, Verdict } from '../../shared/learning/drift/verdict.ts';

export interface MonitorMetrics {
  show(report: DriftReport, verdicts: readonly Verdict[]): void;
  malformed(): void;
  /** Another replica runs the detectors now. */
  forget(): void;
}

export function createMonitorMetrics(registry: Registry, models: readonly string[]): MonitorMetrics {
  const registers = [registry];
  const score = new Gauge({
    name: 'likeness_drift_score',
    help: 'How far an input or the predictions of the model in service are from its training data, in the last window',
    labelNames: ['model', 'watch', 'feature'],
    registers,
  });
  const verdicts = new Counter({
    name: 'likeness_drift_verdicts_total',
    help: 'Verdicts of drift, by the watch that gave them',
    labelNames: ['model', 'watch'],
    registers,
  });
  for (const model of models) for (const watch of watches) verdicts.inc({ model, watch }, 0);
  const hitRate = new Gauge({
    name: 'likeness_model_hit_rate',
    help: 'Share of the last sampled events whose item the model in service had among its first ten before they came',
    labelNames: ['model'],
    registers,
  });
  const popularityHitRate = new Gauge({
    name: 'likeness_popularity_hit_rate',
    help: 'The same of the ten most popular items of the model in service',
    labelNames: ['model'],
    registers,
  });
  const malformed = new Counter({
    name: 'likeness_malformed_signals_total',
    help: 'Summaries of blocks that could not be read',
    registers,
  });
  return {
    show({ standings }, given) {
      for (const { model, detector, feature } of given) verdicts.inc({ model, watch: watchOf(detector, feature) });
      for (const { model, scores = {}, hitRate: own, popularityHitRate: popular } of standings) {
        for (const [feature, value] of Object.entries(scores))
          score.set({ model, watch: watchOf('', feature), feature }, value);
        if (own !== undefined) hitRate.set({ model }, own);
        if (popular !== undefined) popularityHitRate.set({ model }, popular);
      }
    },
    malformed: () => malformed.inc(),
    forget: () => [score, hitRate, popularityHitRate].forEach((gauge) => gauge.reset()),
  };
}

const watches = ['input', 'prediction', 'quality'] as const;

function watchOf(detector: string, feature: string): (typeof watches)[number] {
  if (feature === 'quality' && detector !== '') return 'quality';
  return feature.startsWith('prediction.') ? 'prediction' : 'input';
}
