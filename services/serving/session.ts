/** The history that a model sees: what is stored, continued by the events of the session. Pure. */
import type { HistoryEntry } from '../shared/learning/recommender.ts';
import type { RecommendRequest } from './schemas.ts';

/** What the sequence feature that a model reads would keep. */
export interface HistoryShape {
  /** Event types that count; undefined: all. */
  readonly types: ReadonlySet<string> | undefined;
  readonly length: number;
}

/**
 * Ordered by time, at equal times the stored ones first and the others as given; the newest `length` of them. An event
 * that has reached the profile meanwhile (same item, type and time) is not taken twice.
 */
export function continueHistory(
  stored: readonly HistoryEntry[],
  events: RecommendRequest['events'],
  shape: HistoryShape,
  now: number,
): readonly HistoryEntry[] {
  if (events.length === 0) return stored;
  const known = new Set(stored.map((entry) => keyOf(entry)));
  const added = events
    .filter(({ type }) => shape.types?.has(type) ?? true)
    .map(({ itemId, type, time }): HistoryEntry => ({
      itemId,
      type,
      time: time === undefined ? now : Date.parse(time),
    }))
    .filter((entry) => !known.has(keyOf(entry)));
  return [...stored, ...added].toSorted((a, b) => a.time - b.time).slice(-shape.length);
}

const keyOf = ({ itemId, type, time }: HistoryEntry): string => JSON.stringify([time, type, itemId]);
