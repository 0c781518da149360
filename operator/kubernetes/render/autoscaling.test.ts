/** What changes the number of pods, and what KEDA is told. */
import { describe, expect, it } from 'vitest';
import { rendered, specOf } from '../../../test/golden/examples.ts';
import type { RenderOptions } from './rendering.ts';

const kafka = `{bootstrapServers: "kafka:9093", partitions: 6, tls: {caSecretRef: {name: ca}},
  authentication: {type: ScramSha512, secretRef: {name: user}}}`;
const stages = `[{name: feature, autoscaling: {mode: KEDA, minReplicas: 2, maxReplicas: 30, lagThreshold: 500}},
  {name: ingest, autoscaling: {maxReplicas: 4}}]`;

function scalersOf(capabilities: RenderOptions['capabilities'], more = '') {
  const spec = specOf(
    `apiVersion: likeness.dev/v1alpha1\nkind: ProfilePipeline\nmetadata: {name: shop}\nspec: {kafka: ${kafka}, stages: ${stages}${more}}\n`,
  );
  return rendered(spec, 'shop', { capabilities })
    .objects.filter(({ kind }) => /Autoscaler|ScaledObject|TriggerAuthentication/.test(kind))
    .map(({ kind, metadata, spec: scaler }) => ({ kind, name: metadata.name, scaler }));
}

describe('autoscaling', () => {
  it('counts what waits in the one topic of the stage, never above its partitions', () => {
    const [authentication, ingest, feature] = scalersOf({ keda: true, monitors: false });
    expect(ingest).toMatchObject({ kind: 'HorizontalPodAutoscaler', name: 'shop-ingest' });
    expect(feature).toMatchObject({
      kind: 'ScaledObject',
      name: 'shop-feature',
      scaler: {
        scaleTargetRef: { kind: 'Deployment', name: 'shop-feature' },
        minReplicaCount: 2,
        maxReplicaCount: 6,
        triggers: [
          {
            type: 'kafka',
            authenticationRef: { name: 'shop-kafka' },
            metadata: {
              bootstrapServers: 'kafka:9093',
              consumerGroup: 'default.shop.feature.e1',
              topic: 'default.shop.events-clean.e1',
              lagThreshold: '500',
              sasl: 'scram_sha512',
              tls: 'enable',
            },
          },
        ],
      },
    });
    expect(authentication).toMatchObject({
      kind: 'TriggerAuthentication',
      name: 'shop-kafka',
      scaler: {
        secretTargetRef: [
          { parameter: 'ca', name: 'ca', key: 'ca.crt' },
          { parameter: 'username', name: 'user', key: 'username' },
          { parameter: 'password', name: 'user', key: 'password' },
        ],
      },
    });
  });

  it('goes by processor use where there is no KEDA', () => {
    const scalers = scalersOf({ keda: false, monitors: false });
    expect(scalers.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'HorizontalPodAutoscaler shop-ingest',
      'HorizontalPodAutoscaler shop-feature',
    ]);
    expect(scalers[1]!.scaler).toMatchObject({ minReplicas: 2, maxReplicas: 6 });
  });

  it('scales the StatefulSet where ingest has a log', () => {
    const [, ingest] = scalersOf({ keda: true, monitors: false }, ', ingest: {log: {}}');
    expect(ingest!.scaler).toMatchObject({ scaleTargetRef: { kind: 'StatefulSet', name: 'shop-ingest' } });
  });
});
