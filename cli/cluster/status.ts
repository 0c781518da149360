/** `likeness status`: how a pipeline in a cluster is, what is wrong with it and what to do. */
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { profilePipelines } from '../../operator/kubernetes/resources.ts';
import { ApiError } from '../../operator/kubernetes/runtime/api-error.ts';
import { kinds } from '../../operator/kubernetes/runtime/kinds.ts';
import { exitCodes } from '../../services/shared/errors.ts';
import type { Terminal } from '../terminal.ts';
import { type Cluster, type ClusterOptions, withCluster } from './connect.ts';
import { findPipeline } from './find-pipeline.ts';
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
      const events = await eventsOf(cluster, pipeline, terminal);
      for (const line of statusTree({ pipeline, events, now: options.now })) terminal.print(line);
    }
    return exitCodes.ok;
  });
}

/** Whoever may see pipelines may not see events. */
async function eventsOf(
  { api, namespace }: Cluster,
  { metadata: { name, uid } }: PipelineObject,
  terminal: Terminal,
): Promise<readonly EventObject[]> {
  // By the uid too: an earlier pipeline of this name may have left some.
  const fieldSelector = `regarding.kind=${profilePipelines.kind},regarding.name=${name},regarding.uid=${uid}`;
  try {
    return (await api.listPage<EventObject>(kinds.Event, { namespace, fieldSelector }, { limit: 100 })).items;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 403)) throw error;
    terminal.note(`Events are not shown: ${error.message}`);
    return [];
  }
}
