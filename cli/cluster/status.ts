/** `likeness status`: how a pipeline in a cluster is, what is wrong with it and what to do. */
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { profilePipelines } from '../../operator/kubernetes/resources.ts';
import { ApiError, isNotFound } from '../../operator/kubernetes/runtime/api-error.ts';
import { kinds } from '../../operator/kubernetes/runtime/kinds.ts';
import { exitCodes, LikenessError } from '../../services/shared/errors.ts';
import type { Terminal } from '../terminal.ts';
import { type Cluster, type ClusterOptions, withCluster } from './connect.ts';
import { type EventObject, statusTree } from './status-tree.ts';

export interface StatusOptions extends ClusterOptions {
  /** The status as one JSON object instead. */
  readonly json?: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Exit code 0, whatever the status is. Rejects with LikenessError `NotFound`, and see `withCluster`. */
export function runStatus(name: string, options: StatusOptions, terminal: Terminal): Promise<number> {
  return withCluster(options, async (cluster) => {
    const pipeline = await findPipeline(cluster, name);
    if (options.json) terminal.print(JSON.stringify(pipeline.status ?? {}));
    else {
      const events = await eventsOf(cluster, name, terminal);
      for (const line of statusTree({ pipeline, events, now: options.now })) terminal.print(line);
    }
    return exitCodes.ok;
  });
}

async function findPipeline({ api, namespace }: Cluster, name: string): Promise<PipelineObject> {
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

/** Whoever may see pipelines may not see events. */
async function eventsOf(
  { api, namespace }: Cluster,
  name: string,
  terminal: Terminal,
): Promise<readonly EventObject[]> {
  const fieldSelector = `regarding.kind=${profilePipelines.kind},regarding.name=${name}`;
  try {
    return (await api.listPage<EventObject>(kinds.Event, { namespace, fieldSelector }, { limit: 100 })).items;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 403)) throw error;
    terminal.note(`Events are not shown: ${error.message}`);
    return [];
  }
}
