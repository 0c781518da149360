/** Takes a timer out of kafkajs 2.2.4 that fires every millisecond while nothing happens (kafkajs issue 1751). */
import { createRequire } from 'node:module';

interface RequestQueue {
  pending: readonly unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

/**
 * Without requests that wait there is nothing to check, and each request that has to wait schedules a check itself.
 * The original schedules one anyway, with a negative delay, after every answer: 4% of a core a client, and a warning.
 */
export function quietTimers(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
  const original = prototype.scheduleCheckPendingRequests;
  if (original.name === quiet) return;
  const replacement = {
    [quiet](this: RequestQueue): void {
      if (this.pending.length > 0) original.call(this);
    },
  };
  prototype.scheduleCheckPendingRequests = replacement[quiet]!;
}

const quiet = 'scheduleCheckIfPending';
