/** Writes a status where it differs, and records an Event where Ready changes. */
import type { Condition, PipelineStatus } from '../../crds/status.ts';
import type { PipelineObject } from './read-pipeline.ts';
import { profilePipelines } from './resources.ts';
import type { Api } from './runtime/api.ts';
import type { EventRecorder } from './runtime/events.ts';
import { mergePatchBetween } from './runtime/merge-patch.ts';
import { transitionsBetween } from './training/transitions.ts';

export interface StatusWriter {
  readonly api: Pick<Api, 'mergePatch'>;
  readonly events: Pick<EventRecorder, 'record'>;
}

/** Does nothing where the status says so already. Rejects with a conflict if the pipeline has changed since it was read. */
export async function writeStatus(
  { api, events }: StatusWriter,
  pipeline: PipelineObject,
  status: PipelineStatus,
): Promise<void> {
  const patch = mergePatchBetween({ ...pipeline.status }, { ...status });
  if (patch === undefined) return;
  const { namespace, name, resourceVersion } = pipeline.metadata;
  const body = { metadata: { resourceVersion }, status: patch };
  await api.mergePatch(profilePipelines, { namespace: namespace!, name }, body, { subresource: 'status' });
  for (const { type, reason, note } of transitionsBetween(pipeline.status, status))
    events.record(pipeline, { type, reason, action: 'Learn', note });
  const before = readyOf(pipeline.status);
  const after = readyOf(status);
  if (after === undefined || (before?.status === after.status && before.reason === after.reason)) return;
  events.record(pipeline, {
    type: after.status === 'False' ? 'Warning' : 'Normal',
    reason: after.status === 'True' ? 'Ready' : after.reason,
    action: 'Reconcile',
    note: after.message,
  });
}

const readyOf = (status: PipelineStatus | undefined): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready');
