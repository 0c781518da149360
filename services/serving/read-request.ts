/** Reads what a request brings by the schemas of the API; whatever does not fit is a 400 that names it. Pure. */
import type { z } from 'zod';
import { Refusal } from './refusal.ts';

/** Longest id of a profile or item in a path, in characters. */
const maxIdLength = 256;

/** Parameters that may be given several times; all others at most once. */
const repeated = new Set(['exclude']);

export function readId(id: unknown): string {
  if (typeof id === 'string' && id.length > 0 && id.length <= maxIdLength) return id;
  throw new Refusal(400, 'BadRequest', `The id in the path must have 1 to ${maxIdLength} characters.`);
}

/** `url` is the request's, its query included. */
export function readQuery<Query extends z.ZodObject>(schema: Query, url: string): z.output<Query> {
  const start = url.indexOf('?');
  const given: Record<string, string | string[]> = Object.create(null);
  if (start >= 0) {
    const parameters = new URLSearchParams(url.slice(start + 1));
    for (const key of new Set(parameters.keys())) given[key] = valueOf(key, parameters.getAll(key));
  }
  return parse(schema, { ...given }, 'The query');
}

function valueOf(key: string, values: string[]): string | string[] {
  return repeated.has(key) || values.length > 1 ? values : values[0]!;
}

export function readBody<Body extends z.ZodType>(schema: Body, body: unknown): z.output<Body> {
  return parse(schema, body, 'The body');
}

function parse<Schema extends z.ZodType>(schema: Schema, given: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map((issue) => describe(issue));
  throw new Refusal(400, 'BadRequest', `${what} is not as documented: ${problems.join('; ')}. See /openapi.json.`);
}

function describe(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
