/** Which objects are not made before their topics are there. Pure. */
import type { TopicsObserved } from '../status.ts';
import type { Children } from './children.ts';
import type { LogsPass } from './ingest-log/pass.ts';
import type { KubeObject } from './runtime/resource.ts';

interface Known {
  readonly logs: Pick<LogsPass, 'hasVolumes'>;
  readonly children: Pick<Children, 'cached'>;
}

/**
 * Services end when their topics are missing: until these are there for the first time, no pod is made. But what is in a
 * log needs somebody who delivers it when Kafka is there again.
 */
export function waitsForTopics(
  object: KubeObject,
  topics: Pick<TopicsObserved, 'outcome'>,
  { logs, children }: Known,
): boolean {
  const runs = object.kind === 'Deployment' || (object.kind === 'StatefulSet' && !logs.hasVolumes);
  return runs && topics.outcome !== 'Ready' && children.cached(object) === undefined;
}
