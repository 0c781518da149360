/** One pipeline of a cluster, or what there is instead. */
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { profilePipelines } from '../../operator/kubernetes/resources.ts';
import { type ApiError, isNotFound } from '../../operator/kubernetes/runtime/api-error.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { Cluster } from './connect.ts';

/** Rejects with LikenessError `NotFound` that names the pipelines there are. */
export async function findPipeline({ api, namespace }: Cluster, name: string): Promise<PipelineObject> {
  try {
    return await api.get<PipelineObject>(profilePipelines, { namespace, name });
  } catch (error) {
    // A path that does not exist is another matter.
    if (!isNotFound(error) || !(error as ApiError).message.includes(`"${name}"`)) throw error;
  }
  const here = await namesIn({ api, namespace });
  const others = here.length > 0 ? `; there are: ${here.join(', ')}` : '';
  const advice = here.length > 0 ? '' : ' Name another namespace with -n; kubectl get ppl -A shows them all.';
  throw new LikenessError('NotFound', `There is no pipeline ${name} in the namespace ${namespace}${others}.${advice}`);
}

async function namesIn({ api, namespace }: Pick<Cluster, 'api' | 'namespace'>): Promise<string[]> {
  const { items } = await api.listPage(profilePipelines, { namespace, metadataOnly: true }, { limit: 20 });
  return items.map(({ metadata }) => metadata.name);
}
