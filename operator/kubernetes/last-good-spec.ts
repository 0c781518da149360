/** The spec that a pipeline was last rendered from, kept in the cluster, for while its present one is refused. */
import { specSchema, type PipelineSpec } from '../../crds/pipeline.ts';
import type { Children } from './children.ts';
import { specKey } from './render/spec-config-map.ts';
import type { Api } from './runtime/api.ts';
import { kinds } from './runtime/kinds.ts';
import { refOf, type KubeObject } from './runtime/resource.ts';

/** undefined: none was ever good, or an earlier release wrote it in a way that this one cannot read. */
export async function lastGoodSpec(
  { api, children }: { readonly api: Pick<Api, 'find'>; readonly children: Children },
  pipeline: string,
): Promise<PipelineSpec | undefined> {
  const newest = children
    .of(pipeline)
    .filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.['app.kubernetes.io/component'] === 'spec')
    .toSorted((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1))
    .at(-1);
  if (newest === undefined) return undefined;
  const ref = { ...refOf(pipeline), name: newest.metadata.name };
  const found = await api.find<KubeObject & { data?: Readonly<Record<string, string>> }>(kinds.ConfigMap, ref);
  const text = found?.data?.[specKey];
  return text === undefined ? undefined : specSchema.safeParse(JSON.parse(text)).data;
}

const createdAt = ({ metadata }: KubeObject): string => metadata.creationTimestamp ?? '';
