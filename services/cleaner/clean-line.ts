/** The text of a clean event, made from the line that came in wherever possible. */
import type { Draft } from './step.ts';

/**
 * `sent` is the event that `line` holds, `clean` what the steps made of it. If they only added fields, these are
 * appended to the original bytes: parsing and writing an event again costs several times as much.
 */
export function encodeClean(line: string, sent: Draft, clean: Draft): (profile: string) => string {
  const added = clean === sent ? '' : addedFields(sent, clean);
  const body = added === undefined ? JSON.stringify(clean) : line;
  const head = `${body.slice(0, body.lastIndexOf('}'))}${added ?? ''},"profile":`;
  return (profile) => `${head}${JSON.stringify(profile)}}`;
}

/** undefined if a field of the original was replaced. */
function addedFields(sent: Draft, clean: Draft): string | undefined {
  const original = sent as Readonly<Record<string, unknown>>;
  let added = '';
  for (const [key, value] of Object.entries(clean)) {
    if (value === original[key]) continue;
    if (key in original) return undefined;
    added += `,"${key}":${textOf(value)}`;
  }
  return added;
}

/** Attributes of an item are written once for all of its events; the catalogue never changes them in place. */
const texts = new WeakMap<object, string>();

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = texts.get(value);
  if (text === undefined) texts.set(value, (text = JSON.stringify(value)));
  return text;
}
