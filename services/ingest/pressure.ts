/** How much ingest holds in memory: bodies being read and lots not yet delivered. Bounded before a body is read. */
import type { Refusal } from './refusal.ts';

export interface Pressure {
  /** Why no body can be taken now; undefined: go on. `events` 0 asks before the body is known. */
  refusal(events: number): Refusal | undefined;
  /** Counts until the returned function is called, once. */
  hold(events: number, bytes: number): () => void;
  readonly events: number;
  readonly bytes: number;
}

export interface PressureLimits {
  readonly pendingEvents: number;
  readonly pendingBytes: number;
}

export function createPressure(limits: PressureLimits): Pressure {
  let events = 0;
  let bytes = 0;
  return {
    refusal: (more) => {
      // A batch larger than the whole limit still gets its turn when nothing else is held.
      const full = events >= limits.pendingEvents || (events > 0 && events + more > limits.pendingEvents);
      return full || bytes >= limits.pendingBytes ? overloaded('too many events wait for the broker') : undefined;
    },
    hold: (moreEvents, moreBytes) => {
      events += moreEvents;
      bytes += moreBytes;
      return () => {
        events -= moreEvents;
        bytes -= moreBytes;
        moreEvents = 0;
        moreBytes = 0;
      };
    },
    get events() {
      return events;
    },
    get bytes() {
      return bytes;
    },
  };
}

export function overloaded(reason: string, waitMs = 1000): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return { status: 429, code: 'Overloaded', message: `${reason}: send the same again later`, retryAfterSeconds };
}
