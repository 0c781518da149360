/** A body's bytes → the values in it: one JSON document, or JSON Lines. Pure. */
import { isUtf8 } from 'node:buffer';
import { limits } from './limits.ts';
import { type Refusal, refuse } from './refusal.ts';

/**
 * A value, or why there is none (a bad line of JSON Lines spoils only itself). `text` is its JSON as it was sent, where
 * that is a line of its own.
 */
export type Entry = { readonly value: unknown; readonly text?: string } | { readonly refusal: Refusal };

const notJson = refuse('NotJson', 'not JSON');
const notUtf8 = refuse('NotJson', 'not UTF-8');
const empty = refuse('NotJson', 'the body is empty');
const tooDeep = refuse('TooDeep', 'too many objects and arrays inside each other');
const tooMany = refuse('BatchTooLarge', `a body has at most ${limits.batchEvents} events`);

/** One object, an array of them, or JSON Lines (by content type, or seen from the first line). */
export function readEntries(body: Uint8Array, contentType: string | undefined): Entry[] | Refusal {
  const text = decode(body);
  if (typeof text !== 'string') return text;
  if (/ndjson|jsonl|json-lines/i.test(contentType ?? '')) return readLines(text);
  const document = parse(text);
  if (document !== undefined) return entriesOf(document.value);
  return startsWithLine(text) ? readLines(text) : notJson;
}

/** A body that is one JSON document. */
export function readDocument(body: Uint8Array): { readonly value: unknown } | Refusal {
  const text = decode(body);
  if (typeof text !== 'string') return text;
  return parse(text) ?? notJson;
}

export function entriesOf(value: unknown): Entry[] | Refusal {
  if (!Array.isArray(value)) return [{ value }];
  if (value.length > limits.batchEvents) return tooMany;
  return value.map((element: unknown) => ({ value: element }));
}

function decode(body: Uint8Array): string | Refusal {
  if (body.length > inspectedFrom && isTooDeep(body)) return tooDeep;
  // Decoding would put U+FFFD in the place of broken bytes, and ids would change unseen.
  if (!isUtf8(body)) return notUtf8;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const start = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return start.trim() === '' ? empty : start;
}

/**
 * JSON.parse keeps some 60 bytes for every level that is open, outside the heap, and 500 KB can open 500,000. Looking
 * first costs a nanosecond a byte, so small bodies are spared it.
 */
const inspectedFrom = 64 * 1024;
/** Of a whole document: far beyond an event's own depth. */
const documentDepth = 64;

function isTooDeep(body: Uint8Array): boolean {
  let depth = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === quote) at = endOfString(body, at);
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > documentDepth) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth--;
  }
  return false;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');

/** The index of the closing quote, or of the last byte. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** Blank lines are passed over and have no index. */
function readLines(text: string): Entry[] | Refusal {
  const entries: Entry[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (entries.length === limits.batchEvents) return tooMany;
    const parsed = parse(line);
    entries.push(parsed === undefined ? { refusal: notJson } : { value: parsed.value, text: line });
  }
  return entries;
}

/** True if the first line is an object of its own: then the body is JSON Lines whatever it was declared as. */
function startsWithLine(text: string): boolean {
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.slice(0, end);
  return first.trimStart().startsWith('{') && parse(first) !== undefined;
}
