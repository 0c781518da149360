/** Only what was counted of this very trial speaks against the model on trial. */
import { expect, it } from 'vitest';
import { readReport, type DriftReport } from '../services/shared/learning/drift/verdict.ts';
import type { ActiveMessage } from '../services/shared/model-stream.ts';
import { trialQualityIn } from './trial-quality.ts';

const active: ActiveMessage = {
  kind: 'active',
  model: 'm',
  version: 'b',
  digest: 'sha-b',
  generation: 2,
  canaryPercent: 10,
  activatedAt: '2026-01-01T00:00:00.000Z',
  stable: { version: 'a', digest: 'sha-a' },
};
const trial = { version: 'b', digest: 'sha-b', generation: 2, questions: 300, hits: 30, stableHits: 90 };
const report = (more: object = {}): DriftReport => {
  const standing = { model: 'm', version: 'a', evaluatedAt: 1, trial: { ...trial, ...more } };
  return { verdicts: [], standings: [standing] };
};

it('gives the hits of both on the same questions', () => {
  expect(trialQualityIn(readReport(JSON.stringify(report())), active)).toEqual({
    canary: { version: 'b', questions: 300, hits: 30 },
    stable: { version: 'a', questions: 300, hits: 90 },
  });
});

it('gives nothing of another trial, model, or report', () => {
  expect(trialQualityIn(undefined, active)).toBeUndefined();
  expect(trialQualityIn({ verdicts: [], standings: [] }, active)).toBeUndefined();
  expect(trialQualityIn(report({ generation: 1 }), active)).toBeUndefined();
  expect(trialQualityIn(report({ digest: 'sha-c' }), active)).toBeUndefined();
  expect(trialQualityIn(report(), { ...active, model: 'n' })).toBeUndefined();
  expect(trialQualityIn(report(), { ...active, stable: { version: 'c', digest: 'c' } })).toBeUndefined();
  expect(readReport(JSON.stringify(report({ hits: -1 })))).toBeUndefined();
  const { standings } = report();
  expect(trialQualityIn({ verdicts: [], standings: [{ ...standings[0]!, trial: undefined } as never] }, active)).toBe(
    undefined,
  );
});
