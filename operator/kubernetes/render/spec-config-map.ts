/** The effective spec that the objects were rendered from, kept in the cluster: the last good spec. Pure. */
import { canonicalJson } from '../../../services/shared/canonical-json.ts';
import { contentHash } from './content-hash.ts';
import { childName, metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** The one key of the ConfigMap: the spec as canonical JSON. */
export const specKey = 'spec.json';

export function specConfigMap(rendering: Rendering): KubernetesObject {
  const text = canonicalJson(rendering.spec);
  const name = childName(rendering, `spec-${contentHash(text)}`);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(rendering, { name, component: 'spec' }),
    immutable: true,
    data: { [specKey]: text },
  };
}
