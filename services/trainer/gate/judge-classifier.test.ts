import { describe, expect, it } from 'vitest';
import { gateSlice } from '../../../crds/slices.ts';
import { sealClassifier } from '../../../test/serving/sealed-classifier.ts';
import { trustedKeys } from '../../../test/serving/sealed-model.ts';
import { MemoryModelStore } from '../../../test/serving/spied-stores.ts';
import { judgeClassifier } from './judge-classifier.ts';

const spec = gateSlice.parse({
  features: [{ name: 'purchases30d', count: { events: ['purchase'] } }],
  models: [{ name: 'buys-soon', classify: { label: { events: ['purchase'] } } }],
  identity: {},
});
const good = { rocAuc: 0.8, rocAucLower: 0.75, averagePrecision: 0.5, logLoss: 0.3, expectedCalibrationError: 0.02 };

async function reasonsOf(metrics: Record<string, number>): Promise<string> {
  const sealed = sealClassifier(metrics);
  const models = new MemoryModelStore();
  await models.put(sealed.digest, sealed.files);
  const { model, version, runId, trainedAt, events } = sealed.manifest;
  const candidate = {
    kind: 'candidate' as const,
    model,
    version,
    runId,
    trainedAt,
    events,
    metrics,
    digest: sealed.digest,
  };
  const settings = { minDelta: undefined, segmentFloor: 0, latencyBudgetMs: 50 };
  const config = { pipeline: 'default/shop', spec, settings, maxBytes: 1e9 };
  return (await judgeClassifier(candidate, undefined, config, { models, trustedKeys })).reasons.join('; ');
}

describe('the gate of a classifier', () => {
  it('refuses chance, wrong probabilities and what was not measured, and says which', async () => {
    expect(await reasonsOf({ ...good, rocAucLower: 0.49 })).toMatch(/no better than chance/);
    expect(await reasonsOf({ ...good, expectedCalibrationError: 0.3 })).toMatch(/off by 0.3/);
    expect(await reasonsOf({ rocAuc: 0.8 })).toMatch(/does not say rocAucLower/);
  });

  it('refuses a model of another pipeline or of other features', async () => {
    const reasons = await reasonsOf(good);
    expect(reasons).toMatch(/its pipeline is undefined/);
    expect(reasons).toMatch(/its featureSchema is/);
    expect(reasons).not.toMatch(/chance|off by/);
  });
});
