import { describe, expect, it } from 'vitest';
import { specSchema } from '../crds/pipeline.ts';
import type { DriftReport, Verdict } from '../services/shared/learning/drift/verdict.ts';
import { observeDrift } from './drift-status.ts';

const features = [{ name: 'history', sequence: { length: 20 } }];
const models = [{ name: 'next', recommend: { history: 'history', target: ['purchase'] } }];
const spec = (retrain: object = {}) =>
  specSchema.parse({ features, models, training: { retrain: { cooldown: '1h', ...retrain } } });
const now = Date.parse('2026-01-01T12:00:00Z');
const moved: Verdict = {
  id: '40',
  model: 'next',
  version: 'v1',
  detector: 'PSI',
  feature: 'item.rank',
  score: 0.41234,
  time: now - 60_000,
};
const standing = {
  model: 'next',
  version: 'v1',
  evaluatedAt: now - 1000,
  worst: { feature: 'item.rank', score: 0.5, windows: 7 },
  hitRate: 0.12345,
};
const report = (more: Partial<DriftReport> = {}): DriftReport => ({
  verdicts: [moved],
  standings: [standing],
  ...more,
});
const observe = (given: DriftReport | undefined, training = {}) =>
  observeDrift({ spec: spec(), report: given, training, now })!;

describe('what the status says of drift', () => {
  it('is nothing where no model is watched', () => {
    expect(observeDrift({ spec: spec({ sampleShare: '0' }), report: report(), training: {}, now })).toBeUndefined();
  });

  it('is unknown before anything was looked at, and nothing of other models', () => {
    expect(observe(undefined)).toMatchObject({ status: { retrainsToday: 0 }, verdict: { reason: 'NotEvaluated' } });
    const other = report({ standings: [{ ...standing, model: 'other' }] });
    expect(observe(other).verdict.reason).toBe('NotEvaluated');
  });

  it('is of a model that classifies where none recommends, with as much of a name as there is room for', () => {
    const classify = { label: { events: ['purchase'], within: '24h' }, features: ['spend'] };
    const spend = { name: 'spend', sum: { events: ['purchase'], field: 'value', window: '24h' } };
    const only = specSchema.parse({ features: [spend], models: [{ name: 'buys', classify }] });
    const worst = { feature: `profile.${'x'.repeat(63)}`, score: 0.4, windows: 3 };
    const given = report({ standings: [{ ...standing, model: 'buys', worst }], verdicts: [] });
    const observed = observeDrift({ spec: only, report: given, training: {}, now })!;
    expect(observed.status).toMatchObject({ feature: `profile.${'x'.repeat(56)}`, score: '0.4', model: 'v1' });
  });

  it('is the last verdict of the model in service, and how far it is from its training data', () => {
    expect(observe(report())).toEqual({
      status: {
        score: '0.5',
        feature: 'item.rank',
        windowsAboveThreshold: 7,
        detector: 'PSI',
        verdict: '40',
        verdictTime: '2026-01-01T11:59:00Z',
        model: 'v1',
        lastEvaluatedTime: '2026-01-01T11:59:59Z',
        hitRate: '0.123',
        retrainsToday: 0,
      },
      verdict: {
        status: 'True',
        reason: 'InputsMoved',
        message:
          'Verdict 40 on v1 at 2026-01-01T11:59:00Z: item.rank is 0.412 away from the training data by PSI. ' +
          'docs/operations.md says what to do on drift.',
      },
    });
  });

  it('says of quality what it was and what it is', () => {
    const fell = { ...moved, feature: 'quality', detector: 'HDDM_A+ADWIN', score: 0.8, before: 0.6 };
    expect(observe(report({ verdicts: [moved, fell] })).verdict).toMatchObject({
      reason: 'QualityFell',
      message: expect.stringContaining('it misses 0.8 of what comes, 0.6 before') as string,
    });
  });

  it('is no drift once another model is watched', () => {
    const young = report({ standings: [{ ...standing, version: 'v2' }] });
    expect(observe(young)).toMatchObject({
      status: { verdict: '40' },
      verdict: { status: 'False', reason: 'NoDrift' },
    });
  });

  it('counts the trainings of a day, and says until when the next one waits', () => {
    const at = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
    const training = { startTime: at(0.5), recentStartTimes: [at(25), at(5), at(0.5)] };
    expect(observe(report(), training).status).toMatchObject({
      retrainsToday: 2,
      cooldownUntil: '2026-01-01T12:30:00Z',
    });
    // Time alone must not make the operator write a status.
    expect(observe(report(), { ...training, startTime: at(2) }).status.cooldownUntil).toBe('2026-01-01T11:00:00Z');
    expect(observe(report(), {}).status).not.toHaveProperty('cooldownUntil');
  });
});
