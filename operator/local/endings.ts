/** Which ends of a process no restart mends: wrong settings, or a fatal error again and again. Pure. */
import { exitCodes } from '../../services/shared/errors.ts';

export interface Endings {
  /** `code` is null after a signal; `now` in milliseconds, of any clock that does not go back. */
  isHopeless(code: number | null, now: number): boolean;
}

/** What a process says of itself; anything else (a signal, an outage) may be different the next time. */
const lasting: ReadonlySet<number | null> = new Set([exitCodes.bug, exitCodes.usage, exitCodes.badConfig]);
/** A port that is still taken or a folder that is still locked is free again before so many attempts. */
const attempts = 5;
const withinMs = 60_000;

export function createEndings(): Endings {
  let times: number[] = [];
  return {
    isHopeless: (code, now) => {
      times = lasting.has(code) ? [...times, now].slice(-attempts) : [];
      return times.length === attempts && now - times[0]! <= withinMs;
    },
  };
}
