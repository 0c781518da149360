/** The end of a pipeline waits for its logs: nothing new comes in, and what is in them goes to Kafka. */
import type { ConditionVerdict } from '../../status.ts';
import type { PipelineObject } from '../read-pipeline.ts';
import { resourceOf } from '../resources.ts';
import { refOf } from '../runtime/resource.ts';
import type { LogWish } from './decide.ts';
import { cachedVolumes, isOfIngest, logSetOf } from './look.ts';
import { decide, isStopped, type LogDeps, scale } from './pass.ts';
import { discardAnnotation, ingestDrained } from './verdict.ts';

/** Undefined when nothing is left to wait for. `removes`: empty volumes go. */
export async function drainLogs(
  deps: LogDeps,
  key: string,
  { pipeline, removes }: { readonly pipeline: PipelineObject; readonly removes: boolean },
): Promise<ConditionVerdict | undefined> {
  const set = logSetOf(deps, key);
  const volumes = cachedVolumes(deps, key);
  if (set === undefined && volumes.length === 0) return undefined;
  await closeDoor(deps, key);
  const discards = pipeline.metadata.annotations?.[discardAnnotation] === 'true';
  const wish: LogWish = { replicas: 0, most: 0, suspended: false, discards, removes };
  const decided = await decide(deps, key, { found: { set, volumes }, wish });
  await scale(deps.api, set, decided.decision.replicas);
  if (decided.decision.isDone && isStopped(set)) return undefined;
  const verdict = ingestDrained({
    pipeline: refOf(key),
    volumes: decided.volumes,
    held: decided.decision.held,
    suspended: false,
    discards,
    isAbandoned: set === undefined,
  });
  return verdict.status === 'False' ? verdict : draining;
}

const draining: ConditionVerdict = {
  status: 'False',
  reason: 'Draining',
  message: 'The pods of ingest end, and empty their logs into Kafka.',
};

/** No event is taken in any more, and nobody but the logs decides how many pods there are. */
async function closeDoor({ api, children }: LogDeps, key: string): Promise<void> {
  const doors = children
    .of(key)
    .filter((child) => isOfIngest(child) && (child.kind === 'Service' || child.kind === 'HorizontalPodAutoscaler'));
  for (const { apiVersion, kind, metadata } of doors) {
    const { namespace, name, deletionTimestamp } = metadata;
    if (deletionTimestamp === undefined)
      await api.delete(resourceOf({ apiVersion, kind }), { namespace: namespace!, name });
  }
}
