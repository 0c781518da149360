/** A token bucket: so many events a second, with one second's worth saved up at most. Pure but for its own count. */

export interface RateLimit {
  /** 0: go ahead; else how many milliseconds until the next event may come. Takes nothing. */
  waitMs(now: number): number;
  /** Takes tokens, into debt if need be: a batch that was let in counts in full, and the next one waits longer. */
  take(events: number, now: number): void;
}

export function createRateLimit(eventsPerSecond: number | undefined): RateLimit {
  if (eventsPerSecond === undefined) return { waitMs: () => 0, take: () => undefined };
  let tokens = eventsPerSecond;
  let filledAt = -Infinity;
  const fill = (now: number): void => {
    // A clock that is set back must not empty the bucket, one that is set forward fills it once.
    const elapsedMs = Math.max(0, now - filledAt);
    tokens = Math.min(eventsPerSecond, tokens + (elapsedMs / 1000) * eventsPerSecond);
    filledAt = now;
  };
  return {
    waitMs: (now) => {
      fill(now);
      return tokens > 0 ? 0 : Math.ceil(((1 - tokens) / eventsPerSecond) * 1000);
    },
    take: (events, now) => {
      fill(now);
      tokens -= events;
    },
  };
}
