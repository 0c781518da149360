/** A transform for ProfilePipelines: what is alike in many of them, as most of a spec and every condition is, once in memory. */
import type { Condition, PipelineStatus } from '../../crds/status.ts';
import type { PipelineObject } from './read-pipeline.ts';
import type { Pool } from './runtime/pool.ts';

/** Client-side `kubectl apply` leaves the whole spec in it once more. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export function slimPipeline(pool: Pool): (pipeline: PipelineObject) => PipelineObject {
  return ({ metadata, spec, status, ...pipeline }) => {
    const { managedFields: _, annotations, ...kept } = metadata;
    return {
      ...pipeline,
      metadata: { ...kept, ...(annotations && { annotations: withoutApplied(annotations) }) },
      ...(spec !== undefined && { spec: isFields(spec) ? fieldsOf(spec, pool) : spec }),
      ...(status && { status: statusOf(status, pool) }),
    };
  };
}

function withoutApplied(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { [lastApplied]: _, ...others } = annotations;
  return others;
}

const isFields = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fieldsOf(spec: object, pool: Pool): object {
  const shared = (value: unknown): unknown =>
    typeof value === 'object' && value !== null ? pool.shared(value) : value;
  return Object.fromEntries(Object.entries(spec).map(([name, value]) => [name, shared(value)]));
}

function statusOf(status: PipelineStatus, pool: Pool): PipelineStatus {
  const conditions = status.conditions?.map((condition) => ({
    ...condition,
    type: pool.text(condition.type) as Condition['type'],
    reason: pool.text(condition.reason),
    message: messageOf(condition, pool),
  }));
  return { ...status, ...(conditions && { conditions }) };
}

/** One with a number is hardly that of another pipeline, and soon there is a next one. */
const messageOf = ({ message }: Condition, pool: Pool): string => (/\d/.test(message) ? message : pool.text(message));
