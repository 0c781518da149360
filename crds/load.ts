/** YAML text → a validated ProfilePipeline and its effective spec, or every error in it. Pure. */
import { parseDocument } from 'yaml';
import { effectiveSpec } from './effective.ts';
import { pipelineSchema, type PipelineSpec, type ProfilePipeline } from './pipeline.ts';

export interface SpecError {
  /** Where in the document: `spec.features[2].count.window`. */
  readonly path: string;
  readonly message: string;
}

export type Loaded =
  | { readonly ok: true; readonly pipeline: ProfilePipeline; readonly effective: PipelineSpec }
  | { readonly ok: false; readonly errors: readonly SpecError[] };

export function loadPipeline(text: string): Loaded {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    return { ok: false, errors: document.errors.map(({ message }) => ({ path: '', message })) };
  const parsed = pipelineSchema.safeParse(document.toJS());
  if (!parsed.success)
    return { ok: false, errors: parsed.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message })) };
  return { ok: true, pipeline: parsed.data, effective: effectiveSpec(parsed.data.spec) };
}
