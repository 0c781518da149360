/** A ProfilePipeline and its effective spec → its plan. Pure. */
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { planPipeline, type Plan } from '../plan.ts';
import type { PipelineObject } from './read-pipeline.ts';

export function planOf({ metadata, status }: PipelineObject, spec: PipelineSpec): Plan {
  return planPipeline({ namespace: metadata.namespace!, name: metadata.name, epoch: status?.epoch ?? 1, spec });
}
