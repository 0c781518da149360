/** What a table of bad pipelines says of each, and the good one that they are changes of. Pure. */
import { parse } from 'yaml';

export interface Refusal {
  readonly name: string;
  /** YAML, merged into `goodPipeline`: objects field by field, everything else as a whole. */
  readonly patch: string;
  /** As `likeness validate` writes it. */
  readonly path: string;
  /** What is allowed. Where `by` is CEL, the API server says exactly this. */
  readonly message: string;
  /**
   * `Schema`: the API server, by type, bound, pattern or unknown field, in words of its own. `CEL`: the API server, by
   * a rule. `Validate`: `likeness validate`, and in the cluster the condition SpecValid.
   */
  readonly by: 'Schema' | 'CEL' | 'Validate';
  /** Where the API server says it, if not at `path`: a rule cannot name an entry of a list. */
  readonly apiPath?: string;
}

export interface RefusedChange {
  readonly name: string;
  /** YAML, merged into `goodPipeline`, before and after the change. */
  readonly before: string;
  readonly after: string;
  readonly path: string;
  readonly message: string;
}

type Row = Omit<Refusal, 'by'>;

export const refusedBy = (by: Refusal['by'], rows: readonly Row[]): Refusal[] => rows.map((row) => ({ ...row, by }));

const goodPipeline = `
apiVersion: likeness.dev/v1alpha1
kind: ProfilePipeline
metadata: {name: shop}
spec:
  kafka: {bootstrapServers: 'kafka:9092', partitions: 1, replicationFactor: 1}
  store: {redis: {url: 'redis://redis:6379'}}
  features: [{name: views, count: {events: [view], window: 720h}}]
  stages: [{name: feature, replicas: 2}]
`;

/** `goodPipeline` with a patch merged in: JSON Merge Patch (RFC 7386), in which null takes a field away. */
export function patchedPipeline(patch: string): object {
  return mergePatch(parse(goodPipeline), parse(patch)) as object;
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
