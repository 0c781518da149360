/** How KEDA proves to Kafka who it is: with the pipeline's own Secrets. Pure. */
import type { SecretUse } from '../../plan-secrets.ts';
import { childName, metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

interface Target {
  readonly parameter: string;
  readonly name: string;
  readonly key: string;
}

/** Undefined: Kafka asks nothing. */
export function kafkaAuthenticationName(rendering: Rendering): string | undefined {
  return targetsOf(rendering).length === 0 ? undefined : childName(rendering, 'kafka');
}

export function triggerAuthentication(rendering: Rendering): KubernetesObject[] {
  const name = kafkaAuthenticationName(rendering);
  if (name === undefined) return [];
  return [
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'TriggerAuthentication',
      metadata: metadataOf(rendering, { name, component: 'autoscaling' }),
      spec: { secretTargetRef: targetsOf(rendering) },
    },
  ];
}

/** Every stage is given the same. */
function targetsOf({ plan }: Rendering): Target[] {
  return plan.workloads[0]!.secrets.flatMap(({ purpose, secret, keys }: SecretUse) => {
    if (purpose === 'kafkaCa') return [{ parameter: 'ca', name: secret, key: keys[0]! }];
    return purpose === 'kafkaCredentials' ? keys.map((key) => ({ parameter: key, name: secret, key })) : [];
  });
}
