/** What lives outside the cluster ends with its pipeline: topics, groups and profiles, unless they are to be retained. */
import { deletingStatus } from '../status.ts';
import { drainLogs } from './ingest-log/drain.ts';
import { lastGoodSpec } from './last-good-spec.ts';
import { planOf } from './plan-of.ts';
import { readSpec, type PipelineObject } from './read-pipeline.ts';
import type { ReconcileDeps } from './reconcile.ts';
import { profilePipelines, resourceOf } from './resources.ts';
import type { Api } from './runtime/api.ts';
import type { ReconcileResult } from './runtime/controller.ts';
import { writeStatus } from './write-status.ts';

const finalizer = 'likeness.dev/outside';
const retryMs = 5000;

export const hasFinalizer = ({ metadata }: PipelineObject): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false;

/** The pipeline as it is with the finalizer. */
export function keepFinalizer(api: Pick<Api, 'mergePatch'>, pipeline: PipelineObject): Promise<PipelineObject> {
  return setFinalizers(api, pipeline, [...(pipeline.metadata.finalizers ?? []), finalizer]);
}

function setFinalizers(api: Pick<Api, 'mergePatch'>, { metadata }: PipelineObject, finalizers: readonly string[]) {
  const { namespace, name, resourceVersion } = metadata;
  const patch = { metadata: { resourceVersion, finalizers } };
  return api.mergePatch<PipelineObject>(profilePipelines, { namespace: namespace!, name }, patch);
}

/** Of a pipeline that is being deleted. What the cluster holds of it goes by itself, once the finalizer has gone. */
export async function finalizePipeline(
  deps: ReconcileDeps,
  key: string,
  pipeline: PipelineObject,
): Promise<ReconcileResult | void> {
  if (!hasFinalizer(pipeline)) return;
  const { generation = 0 } = pipeline.metadata;
  const at = { generation, now: deps.timing.now() };
  // Kept or not: what was accepted goes to Kafka first, where others may read it.
  const logs = await drainLogs(deps, key, { pipeline, removes: !isRetained(pipeline.spec) });
  if (logs !== undefined) {
    await writeStatus(deps, pipeline, deletingStatus(pipeline.status, { ...at, message: logs.message, logs }));
    return { requeueAfterMs: retryMs };
  }
  const left = await removeOutside(deps, key, pipeline);
  if (left === undefined) {
    const others = pipeline.metadata.finalizers!.filter((name) => name !== finalizer);
    await setFinalizers(deps.api, pipeline, others);
    return forget(deps, key);
  }
  const advice = 'To leave topics and profiles where they are, set spec.deletionPolicy to Retain.';
  const message = `${left} ${advice}`;
  await writeStatus(deps, pipeline, deletingStatus(pipeline.status, { ...at, message }));
  return { requeueAfterMs: retryMs };
}

/** What is remembered of it outside the cluster's own objects. */
export function forget({ rested, topics, models, trainings }: ReconcileDeps, key: string): void {
  rested.disturb(key);
  topics.forget(key);
  models.forget(key);
  trainings.forget(key);
}

/** What is still to be done; undefined when nothing is. */
async function removeOutside(deps: ReconcileDeps, key: string, pipeline: PipelineObject): Promise<string | undefined> {
  // Whatever else is wrong with a spec: what it says of its end holds.
  if (isRetained(pipeline.spec)) return undefined;
  const read = readSpec(pipeline, deps.defaults);
  const spec = read.ok ? read.spec : await lastGoodSpec(deps, pipeline);
  // Never acted upon: there is nothing outside.
  if (spec === undefined || isRetained(spec)) return undefined;
  // While they run, services would write into what is being removed, and keep their groups alive.
  if (await stopWorkloads(deps, key)) return 'The stages are being stopped.';
  const plan = planOf(pipeline, spec);
  const removal = deps.topics.remove(key, deps.wantedTopics(plan, spec));
  if (removal === 'Removed') return undefined;
  return removal === 'Removing' ? 'Topics and profiles are being removed.' : `Removing failed: ${removal.failed}.`;
}

const isRetained = (spec: unknown): boolean =>
  (spec as { readonly deletionPolicy?: unknown } | undefined)?.deletionPolicy === 'Retain';

/** Kinds that have pods. */
const processes = new Set(['Deployment', 'StatefulSet', 'Job']);

/** True while there are any. */
async function stopWorkloads({ api, children }: ReconcileDeps, key: string): Promise<boolean> {
  const workloads = children.of(key).filter(({ kind }) => processes.has(kind));
  for (const workload of workloads) {
    const { namespace, name, deletionTimestamp } = workload.metadata;
    // In the foreground: it is gone when its pods are.
    if (deletionTimestamp === undefined)
      await api.delete(resourceOf(workload), { namespace: namespace!, name }, { propagation: 'Foreground' });
  }
  return workloads.length > 0;
}
