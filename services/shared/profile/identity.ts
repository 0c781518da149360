/**
 * Links between profiles. A link is made by identify (anonymousId → userId) or alias (previousId → userId), and is kept
 * under both ids: the source keeps the earliest, the target the 64 sources whose latest link is the latest. Both are
 * functions of the set of links, so order and repetition do not matter.
 */
import type { CleanEvent } from '../event.ts';
import type { LinkEvent } from './compile.ts';
import { compareBytes, comparePosition, type EventOrder } from './order.ts';

/** One end of a link as the other end keeps it, with the event that made it. */
export interface Link {
  /** The profile at the other end. */
  readonly id: string;
  readonly time: number;
  readonly hi: number;
  readonly lo: number;
}

const maxSources = 64;

/** By time, then hash of the event's id, then the other end's id. */
export const compareLinks = (a: Link, b: Link): number => comparePosition(a, b) || compareBytes(a.id, b.id);

/** The two ends of the link that an event makes; undefined if it makes none. A link to oneself is none. */
export function linkEnds(
  event: CleanEvent,
  mergeOn: readonly LinkEvent[],
): { readonly from: string; readonly to: string } | undefined {
  const { type } = event;
  if ((type !== 'identify' && type !== 'alias') || !mergeOn.includes(type)) return undefined;
  const from = type === 'identify' ? event.anonymousId : event.previousId;
  const to = event.userId;
  return from && to && from !== to ? { from: from.toWellFormed(), to: to.toWellFormed() } : undefined;
}

export function linkTo(id: string, { time, hi, lo }: EventOrder): Link {
  return { id, time, hi, lo };
}

export function earliestLink(a: Link | undefined, b: Link | undefined): Link | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareLinks(a, b) <= 0 ? a : b;
}

/** The latest link of each source, the 64 latest of those, in ascending order. Changes neither list. */
export function latestSources(a: readonly Link[], b: readonly Link[]): Link[] {
  const latest = new Map<string, Link>();
  for (const link of [...a, ...b]) {
    const known = latest.get(link.id);
    if (known === undefined || compareLinks(known, link) < 0) latest.set(link.id, link);
  }
  return [...latest.values()].toSorted(compareLinks).slice(-maxSources);
}
