/**
 * The one order of events: time, then the 8-byte hash of the id, then the content. It depends on the events alone, so
 * "the newest" and "the first" are the same whatever the order of arrival. Strings are compared by their UTF-8 bytes.
 */
import { LikenessError } from '../errors.ts';
import type { CleanEvent } from '../event.ts';
import { idHash64 } from '../id-hash.ts';

/** Position of an event in the order. `hi` and `lo` are the halves of the id's hash, unsigned 32 bits each. */
export interface EventOrder {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly id: string;
  readonly hi: number;
  readonly lo: number;
}

/** An event made ready for features: time parsed, id hashed, once for all of them. */
export interface StateEvent {
  readonly order: EventOrder;
  readonly time: number;
  readonly event: CleanEvent;
}

/** Years 1 to 9999, as RFC 3339 writes them: far within what state bytes can hold. */
export const minTime = -62_135_596_800_000;
export const maxTime = 253_402_300_799_999;

export const isEventTime = (time: number): boolean => time >= minTime && time <= maxTime;

/** As `compareBytes`, where the first code units that differ are given: surrogates stand for more than U+FFFF. */
function compareUnits(a: number, b: number): number {
  const aHigh = a >= 0xd800 && a <= 0xdfff;
  const bHigh = b >= 0xd800 && b <= 0xdfff;
  return aHigh === bHigh ? a - b : aHigh ? 1 : -1;
}

/** Compares well-formed strings as their UTF-8 bytes compare: negative, 0 or positive. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return compareUnits(x, y);
  }
  return a.length - b.length;
}

type Position = Pick<EventOrder, 'time' | 'hi' | 'lo'>;

/** By time, then hash; 0 still leaves the content to decide. */
export function comparePosition(a: Position, b: Position): number {
  return a.time - b.time || a.hi - b.hi || a.lo - b.lo;
}

export function compareOrder(a: EventOrder, b: EventOrder): number {
  return a === b ? 0 : comparePosition(a, b) || compareBytes(a.id, b.id);
}

export function newer(a: EventOrder | undefined, b: EventOrder | undefined): EventOrder | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareOrder(a, b) >= 0 ? a : b;
}

export function orderOf(time: number, id: string, hash: readonly [hi: number, lo: number] = idHash64(id)): EventOrder {
  return { time, id, hi: hash[0], lo: hash[1] };
}

/** The hash may be passed in where deduplication has it already. Throws `BadData` if the time cannot be read. */
export function stateEvent(event: CleanEvent, hash?: readonly [hi: number, lo: number]): StateEvent {
  const time = Date.parse(event.time);
  if (!isEventTime(time))
    throw new LikenessError('BadData', `Event ${event.id}: time ${event.time} is no RFC 3339 time of years 1 to 9999`);
  const order = event.id.isWellFormed() ? orderOf(time, event.id, hash) : orderOf(time, event.id.toWellFormed());
  return { order, time, event };
}
