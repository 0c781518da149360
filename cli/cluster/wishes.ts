/** `likeness retrain` and `likeness promote`: what a person asks of the operator, as annotations of the pipeline. */
import type { PipelineStatus } from '../../crds/status.ts';
import { profilePipelines } from '../../operator/kubernetes/resources.ts';
import { exitCodes, LikenessError } from '../../services/shared/errors.ts';
import type { Terminal } from '../terminal.ts';
import { type Cluster, type ClusterOptions, withCluster } from './connect.ts';
import { findPipeline } from './find-pipeline.ts';

export interface WishOptions extends ClusterOptions {
  /** Milliseconds since 1970: two wishes for the same thing are two. */
  readonly now: number;
}

/** Exit code 0. Rejects with LikenessError `NotFound`, and see `withCluster`. */
export function runRetrain(name: string, options: WishOptions, terminal: Terminal): Promise<number> {
  return withCluster(options, async (cluster) => {
    await findPipeline(cluster, name);
    await annotate(cluster, name, { 'likeness.dev/retrain': new Date(options.now).toISOString() });
    terminal.print(`A training of ${name} is asked for. See how it goes: likeness status ${name}`);
    return exitCodes.ok;
  });
}

export interface PromoteOptions extends WishOptions {
  /** Default: the candidate of the pipeline's only model that has one. */
  readonly modelVersion?: string | undefined;
}

/** Exit code 0. Rejects with LikenessError `Usage` where no version is named and there is not exactly one candidate. */
export function runPromote(name: string, options: PromoteOptions, terminal: Terminal): Promise<number> {
  return withCluster(options, async (cluster) => {
    const version = options.modelVersion ?? candidateOf({ name, status: (await findPipeline(cluster, name)).status });
    // What follows the @ makes a second wish for the same version another one.
    await annotate(cluster, name, { 'likeness.dev/promote': `${version}@${new Date(options.now).toISOString()}` });
    terminal.print(`${version} is to go into service. See how it goes: likeness status ${name}`);
    return exitCodes.ok;
  });
}

function annotate({ api, namespace }: Cluster, name: string, annotations: Readonly<Record<string, string>>) {
  return api.mergePatch(profilePipelines, { namespace, name }, { metadata: { annotations } });
}

interface Asked {
  /** Of the pipeline. */
  readonly name: string;
  readonly status: Pick<PipelineStatus, 'model' | 'otherModels'> | undefined;
}

/** Version of the one candidate that there is. Throws LikenessError `Usage` where there is not exactly one. */
export function candidateOf({ name, status }: Asked): string {
  const models = [...(status?.model ? [status.model] : []), ...(status?.otherModels ?? [])];
  const found = models.flatMap(({ candidate }) => candidate?.version ?? []);
  if (found.length === 1) return found[0]!;
  const what = found.length === 0 ? 'There is no candidate' : `There are several candidates: ${found.join(', ')}`;
  throw new LikenessError('Usage', `${what}. Name a version: likeness promote ${name} VERSION`);
}
