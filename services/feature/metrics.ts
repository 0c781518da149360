/** What the feature service counts. */
import { Counter, Histogram, type Registry } from 'prom-client';
import { createStageMetrics } from '../shared/stage-metrics.ts';
import type { Applied } from './apply.ts';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(registry: Registry) {
  const registers = [registry];
  const { count, lag, forgetLag } = createStageMetrics(registry, 'feature');
  const commits = new Counter({
    name: 'likeness_commits_total',
    help: 'Commits to the profile store: committed, conflict (another instance was first), unknown (no answer)',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['committed', 'conflict', 'unknown']) commits.inc({ outcome }, 0);
  const freshness = new Histogram({
    name: 'likeness_freshness_seconds',
    help: 'From ingest to the committed profile, one sample a record',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600, 3600],
    registers,
  });
  const profiles = new Counter({
    name: 'likeness_profile_loads_total',
    help: 'Profiles needed, by where they were found',
    labelNames: ['from'],
    registers,
  });
  for (const from of ['cache', 'store']) profiles.inc({ from }, 0);
  const idOverflow = new Counter({
    name: 'likeness_dedupe_overflow_total',
    help: 'Event ids forgotten within the window, because a profile had more than 4,096',
    registers,
  });
  const stateOverflow = new Counter({
    name: 'likeness_feature_overflow_total',
    help: 'Times that a bound of a feature cut off exact knowledge',
    labelNames: ['feature'],
    registers,
  });
  return {
    applied({ applied, duplicates, refusals, overflows }: Applied): void {
      if (applied > 0) count({ result: 'ok', reason: '' }, applied);
      if (duplicates > 0) count({ result: 'drop', reason: 'Duplicate' }, duplicates);
      for (const { reason } of refusals) count({ result: 'deadLetter', reason }, 1);
      if (overflows > 0) idOverflow.inc(overflows);
    },
    commit: (outcome: 'committed' | 'conflict' | 'unknown') => commits.inc({ outcome }),
    fresh: (seconds: number) => freshness.observe(seconds),
    loaded(cached: number, stored: number): void {
      profiles.inc({ from: 'cache' }, cached);
      profiles.inc({ from: 'store' }, stored);
    },
    overflow: (feature: string) => stateOverflow.inc({ feature }),
    lag,
    forgetLag,
  };
}
