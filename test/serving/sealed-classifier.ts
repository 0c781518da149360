/** A small, real, signed classifier for tests: the more was bought lately, the likelier more is. */
import { createPrivateKey } from 'node:crypto';
import { sealArtifact, sha256, type SealedArtifact } from '../../services/shared/learning/artifact.ts';
import type { Classifier } from '../../services/shared/learning/classify/classifier.ts';
import { encodeClassifier } from '../../services/shared/learning/classify/classifier-file.ts';
import { signingKey } from './sealed-model.ts';

/** p = 1 / (1 + exp(1 - purchases30d / deviation)). */
const smallClassifier = (deviation: number): Classifier => ({
  encoders: [
    { name: 'purchases30d', kind: 'number', scale: { log: false, mean: 0, deviation }, missing: false },
    { name: 'lastPurchase', kind: 'number', scale: { log: true, mean: 0, deviation: 1 }, missing: true },
  ],
  model: { kind: 'linear', linear: { intercept: -1, coefficients: Float64Array.of(1, 0, 0) } },
  calibration: { kind: 'platt', slope: -1, offset: 0 },
});

export function sealClassifier(
  metrics: Record<string, number> = {},
  { name = 'buys-soon', deviation = 1 } = {},
): SealedArtifact {
  const classifier = smallClassifier(deviation);
  const golden = [
    { values: { purchases30d: 2, lastPurchase: 60 }, time: 0 },
    { values: { purchases30d: 0, lastPurchase: null }, time: 0 },
  ];
  return sealArtifact(
    encodeClassifier({ classifier, selection: [], golden }),
    {
      kind: classifier.model.kind,
      model: name,
      runId: `run-1.${name}`,
      trainedAt: '2026-01-01T00:00:00.000Z',
      codeVersion: 'learning/1',
      featureSchema: sha256(Buffer.from('schema')),
      offsets: [],
      events: 8,
      profiles: 3,
      items: 0,
      metrics,
      report: {},
    },
    createPrivateKey(signingKey.privatePem),
  );
}
