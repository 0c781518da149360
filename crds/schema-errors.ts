/** What the schema has against a document, in words for the one who wrote it. */
import { z } from 'zod';
import { closest } from './closest.ts';
import { pipelineSchema, type ProfilePipeline } from './pipeline.ts';
import { givenText, valueAt, type Path, type PlacedError } from './spec-error.ts';

export type Checked =
  | { readonly ok: true; readonly pipeline: ProfilePipeline }
  | { readonly ok: false; readonly errors: readonly PlacedError[] };

export const unknownFieldText = 'an unknown field';

export function checkSchema(data: unknown): Checked {
  const parsed = pipelineSchema.safeParse(data, { error: allowedText });
  if (parsed.success) return { ok: true, pipeline: parsed.data };
  return { ok: false, errors: parsed.error.issues.flatMap((issue) => errorsOf(issue, data)) };
}

function errorsOf(issue: z.core.$ZodIssue, data: unknown): PlacedError[] {
  const at = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(at, key));
  const fields = issue.message === kindTexts['object'] ? fieldsAt(at) : [];
  const allowed = fields.length > 0 ? `${issue.message}: ${fields.join(', ')}` : issue.message;
  return [{ at, given: givenText(valueAt(data, at)), allowed }];
}

function unknownField(parent: Path, key: string): PlacedError {
  const known = fieldsAt(parent);
  const suggestion = closest(key, known);
  const allowed = known.join(', ');
  return { at: [...parent, key], given: unknownFieldText, allowed, ...(suggestion && { suggestion }) };
}

/** For issues whose schema has no words of its own. */
function allowedText(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return kindTexts[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return alternatives(issue.values.map(String));
    case 'too_big':
      return `at most ${counted(issue.maximum, issue.origin)}`;
    case 'too_small':
      return `at least ${counted(issue.minimum, issue.origin)}`;
    default:
      return undefined;
  }
}

const kindTexts: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'an object with fields of its own',
  array: 'a list',
  boolean: 'true or false',
};

function counted(bound: number | bigint, origin: string): string {
  const one = Number(bound) === 1;
  if (origin === 'array') return `${bound} ${one ? 'entry' : 'entries'}`;
  return origin === 'string' ? `${bound} ${one ? 'character' : 'characters'}` : String(bound);
}

function alternatives(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** Names of the fields that the schema knows at a path. */
function fieldsAt(path: Path): string[] {
  let node = z.toJSONSchema(pipelineSchema, { io: 'input' }) as SchemaNode | undefined;
  for (const key of path) node = typeof key === 'number' ? node?.items : node?.properties?.[key];
  return Object.keys(node?.properties ?? {});
}
