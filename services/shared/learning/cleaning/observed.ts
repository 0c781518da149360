/** What the learned steps read of an event. */
import { createField } from '../../event-field.ts';
import type { CleanEvent } from '../../event.ts';
import { maxAbsolute } from '../../profile/micro.ts';

type Cleaned = Omit<CleanEvent, 'profile'>;

/** One event as the sums of a step see it. */
export interface Observed {
  readonly event: Cleaned;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly hash: readonly [number, number];
}

/** What the sender said of a field, not what was filled in; undefined where there is nothing. */
export function sentField(path: string): (event: Cleaned) => unknown {
  const field = createField(path);
  return (event) => {
    if (event.imputed?.includes(path)) return undefined;
    const value = field.get(event);
    if (typeof value === 'number' && !(Math.abs(value) <= maxAbsolute)) return undefined;
    return value ?? undefined;
  };
}

/** As `sentField`, a number. */
export function sentNumber(path: string): (event: Cleaned) => number | undefined {
  const read = sentField(path);
  return (event) => {
    const value = read(event);
    return typeof value === 'number' ? value : undefined;
  };
}

/** Whether a step is for events of a type. */
export function typeFilter(events: readonly string[] | undefined): (type: string) => boolean {
  const types = events && new Set(events);
  return (type) => types?.has(type) ?? true;
}
