/** A line of events-clean → an event ready for profiles, or why it is none. Pure. */
import { canonicalTime } from './canonical-time.ts';
import type { CleanEvent } from './event.ts';
import { idHash64 } from './id-hash.ts';
import { isStorableId } from './profile-writes.ts';
import { maxIngestedAt } from './profile/recent-ids.ts';

/** One line and where it lies. Exactly one of `event` and `problem` is there. */
export interface CleanLine {
  readonly offset: number;
  /** Place in its record, from 0. */
  readonly index: number;
  readonly text: string;
  readonly event: ReadyEvent | undefined;
  readonly problem: string | undefined;
}

export interface ReadyEvent {
  readonly clean: CleanEvent;
  readonly hash: readonly [hi: number, lo: number];
  /** Milliseconds since 1970. */
  readonly ingestedAt: number;
}

/** The cleaner has validated every event; what is checked here is only what could stop or spoil this stage. */
export function parseCleanLine(text: string, offset: number, index: number): CleanLine {
  const parsed = parseObject(text);
  if (parsed === undefined) return { offset, index, text, event: undefined, problem: 'the line is no JSON object' };
  const ready = readyEvent(parsed);
  if (typeof ready === 'string') return { offset, index, text, event: undefined, problem: ready };
  return { offset, index, text, event: ready, problem: undefined };
}

/** The same of a line that is parsed already; a text says why profiles take no such event. */
export function readyEvent(parsed: object): ReadyEvent | string {
  const problem = problemOf(parsed as Readonly<Record<string, unknown>>);
  if (problem !== undefined) return problem;
  const clean = parsed as unknown as CleanEvent;
  const event = { clean, hash: idHash64(clean.id), ingestedAt: timeOf(clean.ingestedAt) };
  return event.ingestedAt >= 0 && event.ingestedAt <= maxIngestedAt ? event : 'ingestedAt is no time';
}

/** The cleaner writes the canonical form alone; another writer's form may differ. */
function timeOf(text: string): number {
  const time = canonicalTime(text);
  return Number.isNaN(time) ? Date.parse(text) : time;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const needed = ['id', 'type', 'time', 'ingestedAt', 'profile'] as const;

function problemOf(parsed: Readonly<Record<string, unknown>>): string | undefined {
  for (const field of needed) if (typeof parsed[field] !== 'string') return `${field} is missing or no string`;
  return isStorableId(parsed['profile'] as string) ? undefined : 'profile is no id that can be stored';
}
