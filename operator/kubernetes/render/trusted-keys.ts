/** The further public keys of the spec whose models are taken into service, as a ConfigMap. Pure. */
import { contentHash } from './content-hash.ts';
import { childName, metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** File → PEM. */
export function trustedKeyFiles({ plan }: Rendering): ReadonlyMap<string, string> {
  return new Map(plan.models.trustedKeys.map((pem, index) => [`trusted-${index}.pem`, pem]));
}

export function trustedKeysName(rendering: Rendering): string {
  const content = JSON.stringify([...trustedKeyFiles(rendering)]);
  return childName(rendering, `keys-${contentHash(content)}`);
}

export function trustedKeysConfigMap(rendering: Rendering): KubernetesObject[] {
  const files = trustedKeyFiles(rendering);
  if (files.size === 0) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadataOf(rendering, { name: trustedKeysName(rendering), component: 'serving' }),
      immutable: true,
      data: Object.fromEntries(files),
    },
  ];
}
