/** The spec that a pipeline was last rendered from, kept in the cluster, for while its present one is refused. */
import { specSchema, type PipelineSpec } from '../../crds/pipeline.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { pipelineLabel } from './render/metadata.ts';
import { specKey } from './render/spec-config-map.ts';
import type { Api } from './runtime/api.ts';
import type { Applied } from './runtime/apply.ts';
import { kinds } from './runtime/kinds.ts';
import type { KubeObject } from './runtime/resource.ts';

/** Of a spec's ConfigMap: the pipeline's generation that was last rendered from it. */
const generationAnnotation = 'likeness.dev/generation';
const componentLabel = 'app.kubernetes.io/component';
const component = 'spec';

type SpecConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> };

/**
 * undefined: none was ever good, or an earlier release wrote it in a way that this one cannot read. Asks the server: a
 * cache may not show yet which one is in use. One of an earlier pipeline of the same name is none of this one's.
 */
export async function lastGoodSpec(
  { api }: { readonly api: Pick<Api, 'listPage' | 'find'> },
  { metadata: { namespace = '', name, uid } }: PipelineObject,
): Promise<PipelineSpec | undefined> {
  const labelSelector = `${pipelineLabel}=${name},${componentLabel}=${component}`;
  const { items } = await api.listPage(kinds.ConfigMap, { namespace, labelSelector, metadataOnly: true });
  const newest = items
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .filter(({ metadata }) => isSpecName(metadata.name, name))
    .toSorted((a, b) => generationOf(a) - generationOf(b) || (createdAt(a) < createdAt(b) ? -1 : 1))
    .at(-1);
  if (newest === undefined) return undefined;
  const found = await api.find<SpecConfigMap>(kinds.ConfigMap, { namespace, name: newest.metadata.name });
  const text = found?.data?.[specKey];
  return text === undefined ? undefined : specSchema.safeParse(JSON.parse(text)).data;
}

/**
 * Marks the ConfigMap of a spec that was good. Its age tells nothing: a spec that is taken back has its old one again,
 * while that of the spec between may still be there.
 */
export async function markGoodSpec(
  { api }: { readonly api: Pick<Api, 'mergePatch'> },
  { metadata: { generation = 0 } }: PipelineObject,
  applied: readonly Applied[],
): Promise<void> {
  const spec = applied.find(
    ({ wanted: { kind, metadata } }) => kind === 'ConfigMap' && metadata.labels?.[componentLabel] === component,
  );
  if (spec?.object === undefined || spec.action === 'Terminating' || generationOf(spec.object) === generation) return;
  const { namespace, name } = spec.wanted.metadata;
  const annotations = { [generationAnnotation]: String(generation) };
  await api.mergePatch(kinds.ConfigMap, { namespace: namespace!, name }, { metadata: { annotations } });
}

/** A trainer may write the labels of its own report, and must not pass it off as a spec. A hash has no hyphen. */
const isSpecName = (name: string, pipeline: string): boolean =>
  name.startsWith(`${pipeline}-spec-`) && !name.slice(`${pipeline}-spec-`.length).includes('-');

const generationOf = ({ metadata }: KubeObject): number => Number(metadata.annotations?.[generationAnnotation] ?? 0);

const createdAt = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
