/** What a laptop refuses, and what it takes. */
import { expect, it } from 'vitest';
import { specSchema } from '../../crds/pipeline.ts';
import { refuseClusterOnly } from './cluster-only.ts';

const secretRef = { name: 's' };
const kafka = { bootstrapServers: 'k:9092' };
const authentication = { type: 'ScramSha512', secretRef };
const refusal = (spec: object) => () => refuseClusterOnly(specSchema.parse(spec));

it.each([
  [{ suspend: true }, /spec\.suspend is true/],
  [{ kafka: { ...kafka, tls: { caSecretRef: secretRef } } }, /spec\.kafka\.tls\.caSecretRef names one.*--kafka/],
  [{ kafka: { ...kafka, authentication } }, /spec\.kafka\.authentication\.secretRef names one/],
  [{ store: { redis: { url: 'rediss://r', secretRef } } }, /spec\.store\.redis\.secretRef names one.*--redis/],
  [
    { store: { redis: { url: 'rediss://r', secretRef, tls: { caSecretRef: secretRef } } } },
    /spec\.store\.redis\.secretRef, spec\.store\.redis\.tls\.caSecretRef name some/,
  ],
])('%j is refused', (spec, said) => {
  expect(refusal(spec)).toThrow(said);
  expect(refusal(spec)).toThrow(expect.objectContaining({ code: 'BadSpec' }));
});

it.each([
  {},
  { kafka: { ...kafka, tls: {} }, store: { redis: { url: 'rediss://r', tls: {} } } },
  { ingest: { writeKeysSecretRef: secretRef }, modelStore: { signingKeySecretRef: secretRef } },
  { training: { gpu: { count: 4 } }, serving: { resources: { limits: { cpu: '1' } } } },
])('%j is taken', (spec) => {
  expect(refusal(spec)).not.toThrow();
});
