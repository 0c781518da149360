/** What the feature service counts. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
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
  const backfill = new Gauge({
    name: 'likeness_backfill_progress_ratio',
    help: 'How much of the history changed features contain, 0 to 1; 1 where no feature is backfilled',
    registers,
  });
  backfill.set(1);
  const backfilled = new Counter({
    name: 'likeness_backfilled_events_total',
    help: 'Events read for changed features, by what became of them there',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['ok', 'drop', 'deadLetter']) backfilled.inc({ result }, 0);
  return {
    backfill: (share: number) => backfill.set(share),
    /** What is refused here was told as a dead letter when it was live. */
    backfilled({ applied, duplicates, refusals }: Applied): void {
      backfilled.inc({ result: 'ok' }, applied);
      backfilled.inc({ result: 'drop' }, duplicates);
      backfilled.inc({ result: 'deadLetter' }, refusals.length);
    },
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
