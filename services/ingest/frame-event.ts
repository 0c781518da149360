/** One event → the line that is stored. Refuses only what cannot be framed; the rest is the cleaner's. Pure. */
import { profileIdOf } from '../shared/event.ts';
import { limits } from './limits.ts';
import { type Refusal, refuse } from './refusal.ts';
import { findFault, isObject, type JsonObject } from './shape.ts';
import { normaliseTime } from './time.ts';

/** What ingest adds to every event of a request. */
export interface Stamp {
  /** Ingest's wall clock, RFC 3339 in UTC with milliseconds. */
  readonly ingestedAt: string;
  /** Under a write key with the `import` scope `receivedAt` is the event's own time, so that history is not "late". */
  readonly imported: boolean;
  readonly newId: () => string;
}

export interface Framed {
  readonly profileId: string;
  /** A RawEvent as JSON, without a line feed. */
  readonly line: string;
}

const notAnObject = refuse('NotAnObject', 'an event is a JSON object');
const noType = refuse('NoType', 'type must be a string that is not empty');
const noProfileId = refuse('NoProfileId', 'userId or anonymousId must be a string that is not empty');
const noTime = refuse('NoTime', 'time must be RFC 3339 with an offset, such as 2024-05-01T12:00:00.000Z');
const tooLarge = refuse('EventTooLarge', `an event has at most ${limits.eventBytes} bytes`);

/**
 * `value` is what JSON.parse made and belongs to the caller no more: it is changed in place. `text` is the one line that
 * it was made from, where there is one.
 */
export function frameEvent(value: unknown, stamp: Stamp, text?: string): Framed | Refusal {
  if (!isObject(value)) return notAnObject;
  const fault = findFault(value);
  if (fault !== undefined) return fault;
  if (typeof value['type'] !== 'string' || value['type'] === '') return noType;
  const profileId = profileIdIn(value);
  if (profileId === undefined) return noProfileId;
  const time = normaliseTime(value['time']);
  if (time === undefined) return noTime;
  const body = text !== undefined && isAsStored(value, time, text) ? text : print(value, time, stamp);
  if (isLonger(body, limits.eventBytes)) return tooLarge;
  const receivedAt = stamp.imported ? time : stamp.ingestedAt;
  const stamps = `,"ingestedAt":"${stamp.ingestedAt}","receivedAt":"${receivedAt}"}`;
  // Behind the last brace there is white space at most.
  return { profileId, line: body.slice(0, body.lastIndexOf('}')) + stamps };
}

/**
 * True if the text can be stored as it is: printing an event costs nearly as much as parsing it. A text that white
 * space or escapes make long is printed, because its size is judged in its canonical form.
 */
function isAsStored(value: JsonObject, time: string, text: string): boolean {
  return (
    value['time'] === time &&
    (value['id'] ?? '') !== '' &&
    !('ingestedAt' in value) &&
    !('receivedAt' in value) &&
    !isLonger(text, limits.eventBytes)
  );
}

function print(value: JsonObject, time: string, stamp: Stamp): string {
  value['time'] = time;
  if ((value['id'] ?? '') === '') value['id'] = stamp.newId();
  // Only ingest says when an event came in.
  if ('ingestedAt' in value) delete value['ingestedAt'];
  if ('receivedAt' in value) delete value['receivedAt'];
  return JSON.stringify(value);
}

function profileIdIn(value: JsonObject): string | undefined {
  const { userId, anonymousId } = value;
  if (!isOptionalString(userId) || !isOptionalString(anonymousId)) return undefined;
  return profileIdOf({ userId: userId ?? null, anonymousId: anonymousId ?? null });
}

function isOptionalString(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === null || value === undefined;
}

/** UTF-8 has one to three bytes for each UTF-16 unit, so that most texts need no counting. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);
}
