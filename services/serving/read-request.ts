/** Reads what a request brings by the schemas of the API; whatever does not fit is a 400 that names it. Pure. */
import { parse as parseQuery } from 'node:querystring';
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
  // Several times as fast as URLSearchParams; the length of a URL bounds the keys already.
  const given = start < 0 ? {} : { ...parseQuery(url.slice(start + 1), '&', '=', { maxKeys: 0 }) };
  for (const key of repeated) if (typeof given[key] === 'string') given[key] = [given[key]];
  return parse(schema, given, 'The query');
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
