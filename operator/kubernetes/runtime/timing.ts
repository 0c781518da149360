/** Time and chance, passed in so that a test owns them. */
import { setImmediate } from 'node:timers/promises';

export interface Timing {
  /** Milliseconds since 1970; may jump when the machine's clock is set. */
  readonly now: () => number;
  /** Milliseconds since some moment; never goes back, so that durations and deadlines are measured by it. */
  readonly monotonic: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Runs once after `ms`; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Lets timers and sockets have their turn between two pieces of work that never wait for either. */
  readonly turn: () => Promise<void>;
}

const longestTimerMs = 2 ** 31 - 1;

export const systemTiming: Timing = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, longestTimerMs));
    return () => clearTimeout(timer);
  },
  turn: () => setImmediate(),
};

/** Resolves after `ms`, or at once when `signal` is or becomes aborted. */
export function sleep(timing: Timing, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = timing.after(ms, finish);
    signal?.addEventListener('abort', finish);
  });
}
