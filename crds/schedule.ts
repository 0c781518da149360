/** Cron schedules: whether one can be read, and when it ticks. Pure. */
import { Cron } from 'croner';

export interface Schedule {
  /** Five fields: minute, hour, day, month, weekday. */
  readonly schedule: string;
  /** IANA name; absent: UTC. */
  readonly timeZone?: string | undefined;
}

/** Such a schedule has ticked at least once in this time, or never does: 29 February comes every 4 or 8 years. */
const longestMs = 9 * 366 * 24 * 3_600_000;

function cronOf({ schedule, timeZone = 'UTC' }: Schedule): Cron {
  return new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });
}

/** What is wrong with it, as the two fields of the spec; empty where nothing is. */
export function scheduleProblem(given: Schedule): 'schedule' | 'timeZone' | undefined {
  if (!isTimeZone(given.timeZone ?? 'UTC')) return 'timeZone';
  try {
    return cronOf(given).nextRun() === null ? 'schedule' : undefined;
  } catch {
    return 'schedule';
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The last tick at or before `now`, milliseconds since 1970; undefined: none in the last years. */
export function lastTick(given: Schedule, now: number): number | undefined {
  // Looked for from a second later, which is as fine as it looks: a tick of this very moment is one.
  const ticks = cronOf(given).previousRuns(2, new Date(now + 1000));
  const tick = ticks.map((at) => at.getTime()).find((at) => at <= now);
  return tick !== undefined && now - tick < longestMs ? tick : undefined;
}

/** The first tick after `now`. */
export function nextTick(given: Schedule, now: number): number | undefined {
  return cronOf(given).nextRun(new Date(now))?.getTime();
}
