/** YAML text → a validated ProfilePipeline and its effective spec, or every error in it. Pure. */
import { LineCounter, parseDocument, type Document } from 'yaml';
import { effectiveSpec } from './effective.ts';
import { placeOf } from './locate.ts';
import type { PipelineSpec, ProfilePipeline } from './pipeline.ts';
import { referenceErrors } from './references.ts';
import { checkSchema, unknownFieldText } from './schema-errors.ts';
import { pathText, type PlacedError, type SpecError } from './spec-error.ts';

export type Loaded =
  | { readonly ok: true; readonly pipeline: ProfilePipeline; readonly effective: PipelineSpec }
  | { readonly ok: false; readonly errors: readonly SpecError[] };

/** `effective` is the pipeline's spec with its preset merged in: what services are planned from. */
export function loadPipeline(text: string): Loaded {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const read = readData(document);
  if (!read.ok) return read;
  const checked = checkSchema(read.data);
  const placed = [...(checked.ok ? [] : checked.errors), ...referenceErrors(read.data)];
  if (checked.ok && placed.length === 0)
    return { ok: true, pipeline: checked.pipeline, effective: effectiveSpec(checked.pipeline.spec) };
  return { ok: false, errors: inOrder(placed.map((error) => locate(error, document, lines))) };
}

type Data = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly errors: SpecError[] };

function readData(document: Document.Parsed): Data {
  if (document.errors.length > 0)
    return {
      ok: false,
      errors: document.errors.map(({ message, linePos }) => ({
        path: '',
        ...(linePos && { line: linePos[0].line, column: linePos[0].col }),
        given: 'what is not YAML',
        allowed: message.split('\n')[0]!.replace(/ at line \d+, column \d+:$/, ''),
      })),
    };
  try {
    return { ok: true, data: document.toJS() };
  } catch (error) {
    const allowed = error instanceof Error ? error.message : String(error);
    return { ok: false, errors: [{ path: '', given: 'YAML that cannot be resolved', allowed }] };
  }
}

function locate({ at, ...error }: PlacedError, document: Document.Parsed, lines: LineCounter): SpecError {
  const place = placeOf(document, lines, at, error.given === unknownFieldText);
  return { path: pathText(at), ...place, ...error };
}

/** Down the page; what two checks found in the same words is said once. */
function inOrder(errors: readonly SpecError[]): SpecError[] {
  const once = new Map(errors.map((error) => [`${error.path} ${error.allowed}`, error]));
  return [...once.values()].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
